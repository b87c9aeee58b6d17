import { Matrix, solve } from 'ml-matrix';
import { type Choice, type Position, typeName } from './space.ts';

/** Change of held-out accuracy by relative change of depth and width, for one type in one place. */
export interface LinearModel {
  position: number;
  type: string;
  /** intercept, slope of `(depth - master's) / master's`, slope of `(width - master's) / master's` */
  coefficients: [number, number, number];
  samples: number;
  /** share of the variance of the samples that the model explains; null if they do not vary */
  r2: number | null;
  /** root of the mean squared error on each sample by the model of the others; null with fewer than two */
  leaveOneOut: number | null;
  /** what was sampled: predictions outside are those of the nearest point inside */
  depths: [number, number];
  widths: [number, number];
}

/** One measured variant of a block. */
export interface Sample {
  choice: Choice;
  /** accuracy of the hybrid less that of the master */
  change: number;
}

const features = ({ layers, out }: Choice, master: Choice): number[] => [
  1,
  (layers - master.layers) / master.layers,
  (out - master.out) / master.out,
];

/**
 * Ridge regression in closed form, `(Z'Z + ridge I')^-1 Z'y` with the intercept left alone; the solution of least norm
 * where samples do not tell the columns apart.
 *
 * @param rows first column is the intercept's
 */
export function ridgeFit(rows: readonly (readonly number[])[], targets: readonly number[], ridge: number): number[] {
  const z = new Matrix(rows.map((row) => [...row]));
  const transposed = z.transpose();
  const gram = transposed.mmul(z);
  for (let column = 1; column < gram.columns; column += 1) gram.set(column, column, gram.get(column, column) + ridge);
  return solve(gram, transposed.mmul(Matrix.columnVector([...targets])), true).to1DArray();
}

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);

/** The model of one type in one place. */
export function fitType(index: number, { master }: Position, samples: readonly Sample[], ridge: number): LinearModel {
  const [first] = samples;
  if (first === undefined) throw new RangeError('fitType: want at least one sample');
  const rows = samples.map(({ choice }) => features(choice, master));
  const targets = samples.map(({ change }) => change);
  const coefficients = ridgeFit(rows, targets, ridge);
  const mean = targets.reduce((sum, value) => sum + value, 0) / targets.length;
  const spread = targets.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const residual = targets.reduce((sum, value, i) => sum + (value - dot(rows[i] as number[], coefficients)) ** 2, 0);
  const depths = samples.map(({ choice }) => choice.layers);
  const widths = samples.map(({ choice }) => choice.out);
  return {
    position: index,
    type: typeName(first.choice.type),
    coefficients: coefficients as [number, number, number],
    samples: samples.length,
    r2: spread > 0 ? 1 - residual / spread : null,
    leaveOneOut: leaveOneOut(rows, targets, ridge),
    depths: [Math.min(...depths), Math.max(...depths)],
    widths: [Math.min(...widths), Math.max(...widths)],
  };
}

const leaveOneOut = (rows: readonly number[][], targets: readonly number[], ridge: number): number | null => {
  if (rows.length < 2) return null;
  const squares = rows.map((row, left) => {
    const rest = (_: unknown, i: number) => i !== left;
    const coefficients = ridgeFit(rows.filter(rest), targets.filter(rest), ridge);
    return (dot(row, coefficients) - (targets[left] as number)) ** 2;
  });
  return Math.sqrt(squares.reduce((sum, value) => sum + value, 0) / squares.length);
};

const clamped = (value: number, [low, high]: [number, number]): number => Math.min(Math.max(value, low), high);

/** Predicted change of accuracy of a choice, from the nearest point that was sampled. */
export function predictedChange(model: LinearModel, choice: Choice, master: Choice): number {
  const inside = { ...choice, layers: clamped(choice.layers, model.depths), out: clamped(choice.out, model.widths) };
  return dot(features(inside, master), model.coefficients);
}
