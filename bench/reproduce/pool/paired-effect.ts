import { meanInterval } from '@crucible/contracts';

/** An effect over paired seeds with the ends of its 95 % interval by Student's t. */
export interface PairedEffect {
  /** what it is, with its unit: `test accuracy, multi-pass minus one-pass` */
  name: string;
  /** pairs */
  seeds: number;
  mean: number;
  /** null from a single pair */
  interval: readonly [number, number] | null;
}

/**
 * The mean of `treatment[i] - control[i]`, where both were run with seed `i`.
 *
 * @throws RangeError if the two do not pair up, are empty or hold a value that is not finite
 */
export function pairedDifference(name: string, treatment: readonly number[], control: readonly number[]): PairedEffect {
  return effectOf(
    name,
    pairs(name, treatment, control).map(([a, b]) => a - b),
  );
}

/**
 * The geometric mean of `treatment[i] / control[i]`; the interval is that of the logarithms.
 *
 * @throws RangeError as `pairedDifference`, and if a value is not positive
 */
export function pairedRatio(name: string, treatment: readonly number[], control: readonly number[]): PairedEffect {
  const both = pairs(name, treatment, control);
  if (both.some(([a, b]) => a <= 0 || b <= 0)) throw new RangeError(`${name}: a ratio needs positive values`);
  const { mean, interval, ...rest } = effectOf(
    name,
    both.map(([a, b]) => Math.log(a / b)),
  );
  return { ...rest, mean: Math.exp(mean), interval: interval && [Math.exp(interval[0]), Math.exp(interval[1])] };
}

/** Whether the whole interval lies above `bound`: what a claim "larger than" needs. */
export const isAbove = ({ interval }: PairedEffect, bound: number): boolean => interval !== null && interval[0] > bound;

/** Whether the whole interval lies below `bound`. */
export const isBelow = ({ interval }: PairedEffect, bound: number): boolean => interval !== null && interval[1] < bound;

/** In how many pairs the treatment is larger. */
export const wins = (treatment: readonly number[], control: readonly number[]): number =>
  pairs('wins', treatment, control).filter(([a, b]) => a > b).length;

/** Four significant digits, with the interval behind. */
export const effectText = ({ mean, interval }: PairedEffect): string =>
  interval === null ? short(mean) : `${short(mean)} [${short(interval[0])}, ${short(interval[1])}]`;

/** A number as tables show it. */
export const short = (value: number): string => String(Number(value.toPrecision(4)));

function pairs(name: string, treatment: readonly number[], control: readonly number[]): [number, number][] {
  if (treatment.length !== control.length || treatment.length === 0)
    throw new RangeError(`${name}: ${treatment.length} and ${control.length} values do not make pairs`);
  if (![...treatment, ...control].every(Number.isFinite)) throw new RangeError(`${name}: a value is not finite`);
  return treatment.map((value, i) => [value, control[i] as number]);
}

function effectOf(name: string, values: readonly number[]): PairedEffect {
  const { n, mean, lo, hi } = meanInterval(values);
  return { name, seeds: n, mean: mean as number, interval: lo === null || hi === null ? null : [lo, hi] };
}
