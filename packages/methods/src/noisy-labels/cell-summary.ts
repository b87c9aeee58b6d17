import type { FitFigures, NoisyCell } from '@crucible/contracts';
import type { EpochRecord, ProbeRecord } from '../train/training.ts';

/** Epochs at the end whose mean error is the last error. */
const LAST_EPOCHS = 5;

const figuresOf = ({ values }: EpochRecord): FitFigures => ({
  fitClean: values['fit/clean'] ?? null,
  fitNoisy: values['fit/noisy'] ?? null,
  recovered: values['fit/recovered'] ?? null,
  auc: values['fit/auc'] ?? null,
});

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Epoch at which the share of flipped samples that are fit crosses a half, by linear interpolation; null: never. */
export function halfTime(fitNoisy: readonly (number | null)[]): number | null {
  for (let i = 0; i < fitNoisy.length; i++) {
    const now = fitNoisy[i] ?? null;
    if (now === null || now < 0.5) continue;
    const before = fitNoisy[i - 1] ?? null;
    return before === null ? i + 1 : i + (0.5 - before) / (now - before); // epochs count from 1
  }
  return null;
}

/** The figures of one noise rate from its curves. `errors` are clean test errors by epoch. */
export function cellSummary(
  planned: { noiseRate: number; flippedShare: number; samples: number },
  epochs: readonly EpochRecord[],
  probes: readonly ProbeRecord[],
): NoisyCell {
  const errors = epochs.map(({ values }) => 1 - (values['test/accuracy'] as number));
  const atFirst = probes.flatMap(({ values }) => values['early/test-error'] ?? []);
  const firstEpochError = atFirst.length > 0 ? mean(atFirst) : (errors[0] as number);
  const lastError = mean(errors.slice(-LAST_EPOCHS));
  const bestError = Math.min(...errors);
  const zs = probes.flatMap(({ values }) => values['theory/unseen-z'] ?? []).map(Math.abs);
  return {
    ...planned,
    firstEpochError,
    bestError,
    bestEpoch: errors.indexOf(bestError) + 1,
    lastError,
    delta: lastError - firstEpochError,
    regret: lastError - bestError,
    earlyStop: earlyStop(epochs, errors, { lastError, bestError }),
    firstEpoch: figuresOf(epochs[0] as EpochRecord),
    lastEpoch: figuresOf(epochs.at(-1) as EpochRecord),
    halfTime: halfTime(epochs.map(({ values }) => values['fit/noisy'] ?? null)),
    largestIdentityZ: zs.length > 0 ? Math.max(...zs) : null,
  };
}

/** Where the best accuracy on held-out observed labels would have stopped, the first one on ties. */
const earlyStop = (
  epochs: readonly EpochRecord[],
  errors: readonly number[],
  { lastError, bestError }: { lastError: number; bestError: number },
): NoisyCell['earlyStop'] => {
  const accuracies = epochs.map(({ values }) => values['validation/accuracy']);
  if (accuracies.some((accuracy) => accuracy === undefined)) return null;
  const at = accuracies.indexOf(Math.max(...(accuracies as number[])));
  const error = errors[at] as number;
  const regret = lastError - bestError;
  return { epoch: at + 1, error, regretRecovered: regret > 0 ? (lastError - error) / regret : null };
};
