/**
 * Kendall's tau-b of two equally long columns: +1 for the same order, -1 for the opposite one. Pairs that are tied in one
 * column count for neither and shrink the denominator.
 *
 * @returns null if a column has fewer than two different values
 * @throws RangeError if one is longer
 */
export function kendallTau(x: readonly number[], y: readonly number[]): number | null {
  assertPaired(x, y);
  let agreement = 0;
  let untiedX = 0;
  let untiedY = 0;
  for (let i = 0; i < x.length; i += 1)
    for (let j = 0; j < i; j += 1) {
      const signX = Math.sign((x[i] as number) - (x[j] as number));
      const signY = Math.sign((y[i] as number) - (y[j] as number));
      agreement += signX * signY;
      untiedX += Math.abs(signX);
      untiedY += Math.abs(signY);
    }
  return untiedX === 0 || untiedY === 0 ? null : agreement / Math.sqrt(untiedX * untiedY);
}

/**
 * Spearman's rank correlation of two equally long columns, ties by mean rank.
 *
 * @returns null if a column has fewer than two different values
 * @throws RangeError if one is longer
 */
export function spearmanRho(x: readonly number[], y: readonly number[]): number | null {
  assertPaired(x, y);
  return pearson(ranks(x), ranks(y));
}

const assertPaired = (x: readonly number[], y: readonly number[]): void => {
  if (x.length !== y.length) throw new RangeError(`${x.length} values cannot be ranked against ${y.length}`);
};

/** Mean rank of every value, from 1. */
const ranks = (values: readonly number[]): number[] =>
  values.map((value) => {
    let below = 0;
    let equal = 0;
    for (const other of values) {
      if (other < value) below += 1;
      if (other === value) equal += 1;
    }
    return below + (equal + 1) / 2;
  });

const pearson = (x: readonly number[], y: readonly number[]): number | null => {
  const meanX = x.reduce((sum, value) => sum + value, 0) / x.length;
  const meanY = y.reduce((sum, value) => sum + value, 0) / y.length;
  let [xx, yy, xy] = [0, 0, 0];
  x.forEach((value, i) => {
    const [dx, dy] = [value - meanX, (y[i] as number) - meanY];
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  });
  return xx === 0 || yy === 0 ? null : xy / Math.sqrt(xx * yy);
};
