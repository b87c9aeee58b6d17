import type { FitFigures } from '@crucible/contracts';
import type { Predictions } from '../train/predictions.ts';
import { areaUnderCurve } from './area-under-curve.ts';

/** Clean and observed labels of the same samples. Only what measures has the clean ones: the training never does. */
export interface LabelPair {
  clean: Int32Array;
  observed: Int32Array;
}

const share = (count: number, of: number): number | null => (of === 0 ? null : count / of);

/** Counts over a part of the samples. */
interface FitCounts {
  clean: number;
  noisy: number;
  fitClean: number;
  fitNoisy: number;
  recovered: number;
}

const countFit = (classes: Int32Array, labels: LabelPair, isCounted: (sample: number) => boolean): FitCounts => {
  const counts = { clean: 0, noisy: 0, fitClean: 0, fitNoisy: 0, recovered: 0 };
  labels.clean.forEach((y, i) => {
    if (!isCounted(i)) return;
    const observed = labels.observed[i] as number;
    const isFit = classes[i] === observed;
    if (observed === y) {
      counts.clean += 1;
      if (isFit) counts.fitClean += 1;
    } else {
      counts.noisy += 1;
      if (isFit) counts.fitNoisy += 1;
      if (classes[i] === y) counts.recovered += 1;
    }
  });
  return counts;
};

/** Shares of the samples for which `isCounted`; null where there are none. */
export function fitShares(
  classes: Int32Array,
  labels: LabelPair,
  isCounted: (sample: number) => boolean,
): Omit<FitFigures, 'auc'> {
  const counts = countFit(classes, labels, isCounted);
  return {
    fitClean: share(counts.fitClean, counts.clean),
    fitNoisy: share(counts.fitNoisy, counts.noisy),
    recovered: share(counts.recovered, counts.noisy),
  };
}

/** Figures of all samples. */
export function fitFigures({ classes, losses }: Predictions, labels: LabelPair): FitFigures {
  const isFlipped = (i: number): boolean => labels.observed[i] !== labels.clean[i];
  const lossesOf = (flipped: boolean): number[] => Array.from(losses).filter((_, i) => isFlipped(i) === flipped);
  return { ...fitShares(classes, labels, () => true), auc: areaUnderCurve(lossesOf(true), lossesOf(false)) };
}

/** Mean loss of the unflipped and of the flipped samples; null where there are none. */
export function meanLosses(losses: Float64Array, labels: LabelPair): { clean: number | null; noisy: number | null } {
  const sums = { clean: 0, noisy: 0 };
  const counts = { clean: 0, noisy: 0 };
  losses.forEach((loss, i) => {
    const part = labels.observed[i] === labels.clean[i] ? 'clean' : 'noisy';
    sums[part] += loss;
    counts[part] += 1;
  });
  return { clean: share(sums.clean, counts.clean), noisy: share(sums.noisy, counts.noisy) };
}

/** Figures of one clean class. */
export type FitByClass = Omit<FitFigures, 'auc'>;

/** Figures of every clean class. */
export const fitByClass = (classes: Int32Array, labels: LabelPair, numClasses: number): FitByClass[] =>
  Array.from({ length: numClasses }, (_, y) => fitShares(classes, labels, (i) => labels.clean[i] === y));
