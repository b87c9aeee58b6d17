import { type LabelSmoothingConfig, type LabelSmoothingSummary, switchEpochOf } from '@crucible/contracts';
import type { Calibration } from '../train/calibration.ts';
import { finiteOrNull as orNull } from '../train/finite-or-null.ts';
import type { EpochRecord, ProbeRecord } from '../train/training.ts';
import { accuracyAroundSwitch } from '../train/two-stage.ts';
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

/** The named values of a finished job. */
export function summaryOf(config: LabelSmoothingConfig, outcome: Outcome): LabelSmoothingSummary {
  const { epochs, probes, asTrained, atTemperature } = outcome;
  const switchEpoch = switchEpochOf(config);
  const hasSwitch = config.mode === 'tsla' || config.mode === 'late-only';
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
    ...accuracyAroundSwitch(hasSwitch ? epochs : [], switchEpoch),
    warnings: probes.some(({ values }) => isBoundViolated(values)) ? ['variance-bound-violated'] : [],
  };
}
