/**
 * Kendall's tau-b of two columns: pairs in the same order less pairs in opposite order, over the pairs that are not tied.
 *
 * @returns null if a column has fewer than two different values
 */
export function kendallTau(x: readonly number[], y: readonly number[]): number | null {
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

/** Spearman's rank correlation, ties by mean rank; null if a column has fewer than two different values. */
export const spearmanRho = (x: readonly number[], y: readonly number[]): number | null => pearson(ranks(x), ranks(y));

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
