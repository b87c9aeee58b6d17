import { type LabelSmoothingConfig, type LabelSmoothingSummary, switchEpochOf } from '@crucible/contracts';
import type { Calibration } from '../train/calibration.ts';
import type { EpochRecord, ProbeRecord } from '../train/training.ts';
import { isBoundViolated } from './delta-probe.ts';

/** What a training came to. */
export interface Outcome {
  epochs: readonly EpochRecord[];
  probes: readonly ProbeRecord[];
  flippedLabels: number;
  asTrained: Calibration;
  temperature: number;
  atTemperature: Calibration;
}

/** Null where a number is missing, or none that JSON knows. */
const orNull = (value: number | undefined): number | null => (Number.isFinite(value) ? (value as number) : null);

/** The named values of a finished job. */
export function summaryOf(config: LabelSmoothingConfig, outcome: Outcome): LabelSmoothingSummary {
  const { epochs, probes, asTrained, atTemperature } = outcome;
  const switchEpoch = switchEpochOf(config);
  const hasSwitch = config.mode === 'tsla' || config.mode === 'late-only';
  const accuracyAfter = (epoch: number): number | null =>
    hasSwitch ? orNull(epochs.find((record) => record.epoch === epoch)?.values['test/accuracy']) : null;
  const lastProbe = probes.at(-1)?.values;
  return {
    mode: config.mode,
    smoothing: config.smoothing,
    switchEpoch,
    epochs: epochs.length,
    flippedLabels: outcome.flippedLabels,
    testAccuracy: asTrained.accuracy,
    testLoss: asTrained.loss,
    testEce: asTrained.ece,
    trainHardLoss: epochs.at(-1)?.values['train/hard-loss'] ?? Number.NaN,
    probeLoss: orNull(lastProbe?.['probe/loss']),
    temperature: outcome.temperature,
    testLossAtTemperature: atTemperature.loss,
    testEceAtTemperature: atTemperature.ece,
    deltaAtStart: orNull(probes[0]?.values['probe/delta']),
    deltaAtEnd: orNull(lastProbe?.['probe/delta']),
    accuracyBeforeSwitch: accuracyAfter(switchEpoch),
    accuracyAfterSwitch: accuracyAfter(switchEpoch + 1),
    warnings: probes.some(({ values }) => isBoundViolated(values)) ? ['variance-bound-violated'] : [],
  };
}
