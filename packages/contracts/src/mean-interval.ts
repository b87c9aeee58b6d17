/** Mean of a sample with its spread; null where the sample is too small to tell. */
export interface MeanInterval {
  n: number;
  mean: number | null;
  /** with n - 1 in the denominator */
  sd: number | null;
  /** ends of the 95 % interval of the mean by Student's t */
  lo: number | null;
  hi: number | null;
}

/** Quantile 0.975 of Student's t for 1 to 10 degrees of freedom. */
const T_975 = [12.7062, 4.30265, 3.18245, 2.77645, 2.57058, 2.44691, 2.36462, 2.306, 2.26216, 2.22814];
const Z_975 = 1.959964;

/** Quantile 0.975 of Student's t; beyond the table by Abramowitz and Stegun 26.7.5, good to 0.0002 there. */
export function studentT975(degrees: number): number {
  const z = Z_975;
  return (
    T_975[degrees - 1] ??
    z +
      (z ** 3 + z) / (4 * degrees) +
      (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * degrees ** 2) +
      (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * degrees ** 3)
  );
}

/** @param values finite */
export function meanInterval(values: readonly number[]): MeanInterval {
  const n = values.length;
  if (n === 0) return { n, mean: null, sd: null, lo: null, hi: null };
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (n === 1) return { n, mean, sd: null, lo: null, hi: null };
  const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1));
  const half = (studentT975(n - 1) * sd) / Math.sqrt(n);
  return { n, mean, sd, lo: mean - half, hi: mean + half };
}
