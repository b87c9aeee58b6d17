import { Matrix, solve } from 'ml-matrix';

/**
 * Coefficients of at least zero that fit `rows * x = targets` with least squares.
 *
 * With so few columns every subset of them is tried: the best of those solutions that are not negative is the optimum,
 * since the optimum solves the problem of its own positive columns.
 *
 * @param rows `[n, p]`, p at most 8
 */
export function nonNegativeFit(rows: readonly (readonly number[])[], targets: readonly number[]): number[] {
  const p = rows[0]?.length ?? 0;
  if (p > 8) throw new RangeError(`nonNegativeFit: want at most 8 columns, got ${p}`);
  let best = { error: squaredError(rows, targets, new Array(p).fill(0)), x: new Array<number>(p).fill(0) };
  for (let subset = 1; subset < 2 ** p; subset += 1) {
    const columns = Array.from({ length: p }, (_, column) => column).filter((column) => (subset >> column) & 1);
    if (columns.length > rows.length) continue;
    const part = new Matrix(rows.map((row) => columns.map((column) => row[column] as number)));
    const solution = solve(part, Matrix.columnVector([...targets]), true).to1DArray();
    if (solution.some((value) => !(value >= 0))) continue;
    const x = new Array<number>(p).fill(0);
    columns.forEach((column, i) => {
      x[column] = solution[i] as number;
    });
    const error = squaredError(rows, targets, x);
    if (error < best.error) best = { error, x };
  }
  return best.x;
}

const squaredError = (rows: readonly (readonly number[])[], targets: readonly number[], x: readonly number[]): number =>
  rows.reduce((sum, row, i) => {
    const fitted = row.reduce((dot, value, column) => dot + value * (x[column] as number), 0);
    return sum + (fitted - (targets[i] as number)) ** 2;
  }, 0);
