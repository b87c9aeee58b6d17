import { createRng, kendallTau } from '@crucible/methods/testing';

const RESAMPLES = 2000;

/** An estimate with the ends of its 95 % bootstrap interval. */
export interface Estimate {
  value: number;
  interval: readonly [number, number];
}

const percentileInterval = (values: readonly number[]): readonly [number, number] => {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number;
  return [at(0.025), at(0.975)];
};

/**
 * Kendall's tau of each predictor with the outcome, and how far that of `of` lies above each other one. Intervals by
 * resampling the networks, the same ones for all predictors, so that what they share cancels in the differences.
 */
export function bootstrapTaus(
  predictors: Readonly<Record<string, readonly number[]>>,
  outcome: readonly number[],
  of: string,
): { taus: Record<string, Estimate>; above: Record<string, Estimate> } {
  const names = Object.keys(predictors);
  const tausOf = (rows: readonly number[]): Record<string, number> => {
    const pick = (values: readonly number[]): number[] => rows.map((row) => values[row] as number);
    return Object.fromEntries(
      names.map((name) => [name, kendallTau(pick(predictors[name] ?? []), pick(outcome)) ?? Number.NaN]),
    );
  };
  const whole = tausOf(outcome.map((_value, row) => row));
  const samples = Array.from({ length: RESAMPLES }, (_, i) => {
    const rng = createRng(i, 'reproduce/bootstrap');
    return tausOf(outcome.map(() => rng.below(outcome.length)));
  });
  const estimate = (read: (taus: Record<string, number>) => number): Estimate => ({
    value: read(whole),
    interval: percentileInterval(samples.map(read)),
  });
  const tau = (taus: Record<string, number>, name: string): number => taus[name] ?? Number.NaN;
  return {
    taus: Object.fromEntries(names.map((name) => [name, estimate((taus) => tau(taus, name))])),
    above: Object.fromEntries(
      names.filter((name) => name !== of).map((name) => [name, estimate((taus) => tau(taus, of) - tau(taus, name))]),
    ),
  };
}
