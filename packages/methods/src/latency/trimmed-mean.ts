/** Share of the values that is left out at either end. */
const TRIM = 0.2;

/** What repeated measurements of one thing say of it. */
export interface Trimmed {
  /** of the middle 60 % */
  mean: number;
  sd: number;
  /** 95 % interval of the median, free of a distribution; smallest and largest value where there are fewer than six */
  low: number;
  high: number;
}

/** The value of a rank, from 0, clamped. */
const at = (sorted: Float64Array, rank: number): number =>
  sorted[Math.min(Math.max(rank, 0), sorted.length - 1)] as number;

/**
 * Trimmed mean and spread of values.
 *
 * @throws RangeError if there is none
 */
export function trimmed(values: readonly number[]): Trimmed {
  if (values.length === 0) throw new RangeError('trimmed: want at least one value');
  const sorted = Float64Array.from(values).sort();
  const cut = Math.floor(TRIM * sorted.length);
  const middle = sorted.slice(cut, sorted.length - cut);
  const mean = middle.reduce((sum, value) => sum + value, 0) / middle.length;
  const squares = middle.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const rank = medianRank(sorted.length);
  return {
    mean,
    sd: middle.length > 1 ? Math.sqrt(squares / (middle.length - 1)) : 0,
    low: at(sorted, rank),
    high: at(sorted, sorted.length - 1 - rank),
  };
}

/**
 * The largest rank, from 0, that lies below the median with at most 2.5 %: of `n` values, the number below the median is
 * binomial with one half.
 */
function medianRank(n: number): number {
  let probability = 0.5 ** n;
  let below = 0;
  let rank = 0;
  for (let k = 0; k < n; k += 1) {
    below += probability;
    if (below > 0.025) break;
    rank = k;
    probability *= (n - k) / (k + 1);
  }
  return rank;
}
