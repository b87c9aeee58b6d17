/**
 * @file Two-stage label smoothing (TSLA, arXiv:2006.11653): smoothed labels until a switch epoch, hard ones from it on,
 * with the comparisons of the paper and a measurement of delta, the quality of the soft label that its theory rests on.
 *
 * Differs from the paper: delta is measured over linear layers, all of them in a multi-layer perceptron and the
 * classifier alone elsewhere; smoothing that comes late or falls linearly are added as controls.
 */
import { type LabelSmoothingConfig, type LabelSmoothingSummary, switchEpochOf } from '@crucible/contracts';
import type { Dataset, Split } from '../data/dataset.ts';
import { encodeSafetensors } from '../data/safetensors.ts';
import { symmetricNoise } from '../data/symmetric-noise.ts';
import type { Method, MethodContext } from '../method.ts';
import { buildModel } from '../nn/build-model.ts';
import type { Network } from '../nn/network.ts';
import { type Calibration, calibrationOf, fitTemperature } from '../train/calibration.ts';
import { earlyStopOf, policyOf, trainingSplit } from '../train/from-config.ts';
import { frozenModel } from '../train/frozen-model.ts';
import { learningCurveCsv, probesCsv } from '../train/learning-curve.ts';
import { logitsOf, measureCalibration } from '../train/measure-calibration.ts';
import { probePlan } from '../train/probe-plan.ts';
import { modelTensors } from '../train/save-training.ts';
import { type TrainOptions, train } from '../train/train.ts';
import type { EpochRecord, ProbeRecord } from '../train/training.ts';
import { checkpointOf, savedTraining } from '../train/training-checkpoint.ts';
import { lateSwitchWarning, type StagePlan, stagePlan, twoStageOptions } from '../train/two-stage.ts';
import { deltaProbe } from './delta-probe.ts';
import { smoothingObjective } from './objective.ts';
import { smoothingSchedule } from './smoothing-schedule.ts';
import { softLabelsOf } from './soft-labels.ts';
import { summaryOf } from './summary.ts';

export const labelSmoothing: Method<LabelSmoothingConfig, LabelSmoothingSummary> = {
  id: 'label-smoothing',
  async run(config, ctx) {
    const { dataset, heldOut, flippedLabels } = await openData(config, ctx);
    const { classes } = dataset;
    const student = buildModel(config.model, { input: dataset, classes, rng: (name) => ctx.rng(name) });
    const { teacher } = config;
    let frozen: Network | null = null;
    try {
      if (teacher !== null) frozen = await frozenModel(teacher.weights, teacher.model, dataset, ctx);
      const late = config.mode === 'tsla' ? lateSwitchWarning(config) : null;
      if (late !== null) ctx.log('warn', late);
      const run = { config, ctx, dataset, heldOut, student, teacher: frozen };
      return await train(ctx, objectiveOf(run), dataset, trainOptions(run), async (epochs, probes) => {
        const reliability = await reliabilityOf(run);
        await saveArtifacts(run, epochs, probes, reliability);
        return summaryOf(config, { epochs, probes, flippedLabels, ...reliability });
      });
    } finally {
      student.dispose();
      frozen?.dispose();
    }
  },
};

interface Run {
  config: LabelSmoothingConfig;
  ctx: MethodContext;
  /** with the noise in its training labels, without what is held out */
  dataset: Dataset;
  heldOut: Split | null;
  student: Network;
  teacher: Network | null;
}

async function openData(
  config: LabelSmoothingConfig,
  ctx: MethodContext,
): Promise<Pick<Run, 'dataset' | 'heldOut'> & { flippedLabels: number }> {
  const clean = await ctx.data(config.dataset);
  const labels = symmetricNoise(clean.train.labels, clean.classes, config.labelNoise, ctx.rng('data/label-noise'));
  const noisy = { ...clean, train: { ...clean.train, labels } };
  const flippedLabels = labels.filter((label, i) => label !== clean.train.labels[i]).length;
  return { ...trainingSplit(config.training, noisy, ctx.rng('data/hold-out')), flippedLabels };
}

const planOf = ({ config, dataset }: Run): StagePlan => stagePlan(config, dataset.train.count);

const objectiveOf = (run: Run) => {
  const { config, dataset, student, teacher } = run;
  return smoothingObjective(
    student,
    dataset.channels,
    policyOf(config.training.augmentation),
    smoothingSchedule(config, planOf(run)),
    softLabelsOf(teacher, config.teacher),
  );
};

const trainOptions = (run: Run): TrainOptions => {
  const { config, ctx, dataset, heldOut, student } = run;
  const { evalBatchSize } = config.training;
  const probe = probeOf(run);
  return {
    training: twoStageOptions(config, planOf(run), ctx),
    saved: savedTraining(ctx, dataset),
    checkpoint: (saved, step) => checkpointOf(dataset, saved, step),
    measure: measureCalibration(student, dataset, heldOut, evalBatchSize),
    ...(probe === null ? {} : { probe }),
    earlyStop: earlyStopOf(config.training),
  };
};

const probeOf = (run: Run): NonNullable<TrainOptions['probe']> | null => {
  const { config, ctx, dataset, student, teacher } = run;
  if (config.deltaProbe === null) return null;
  const { samples, isDue } = probePlan(config.deltaProbe, dataset.train, planOf(run), ctx);
  const options = {
    network: student,
    architecture: config.model,
    dataset,
    samples,
    softLabels: softLabelsOf(teacher, config.teacher),
    smoothing: config.smoothing,
    batchSize: config.training.evalBatchSize,
  };
  return { isDue, measure: (_step, between) => deltaProbe(options, between) };
};

interface Reliability {
  asTrained: Calibration;
  temperature: number;
  atTemperature: Calibration;
}

/** Calibration on the test split, and at the temperature that fits what is held out, else the test split itself. */
async function reliabilityOf({ config, dataset, heldOut, student }: Run): Promise<Reliability> {
  const { test, classes } = dataset;
  const logits = (split: Split) =>
    logitsOf(student, dataset, split, config.training.evalBatchSize, async () => undefined);
  const onTest = await logits(test);
  const fitted = heldOut === null ? onTest : await logits(heldOut);
  const temperature = fitTemperature(fitted, (heldOut ?? test).labels, classes);
  return {
    asTrained: calibrationOf(onTest, test.labels, classes),
    temperature,
    atTemperature: calibrationOf(onTest, test.labels, classes, temperature),
  };
}

async function saveArtifacts(
  { config, ctx, dataset, heldOut, student }: Run,
  epochs: readonly EpochRecord[],
  probes: readonly ProbeRecord[],
  { asTrained, temperature, atTemperature }: Reliability,
): Promise<void> {
  await ctx.saveArtifact('learning-curve.csv', learningCurveCsv(epochs));
  if (config.deltaProbe !== null) await ctx.saveArtifact('delta.csv', probesCsv(probes));
  const fittedOn = heldOut === null ? 'test' : 'validation';
  const reliability = { asTrained, temperature: { value: temperature, fittedOn }, atTemperature };
  await ctx.saveArtifact('reliability.json', `${JSON.stringify(reliability, null, 2)}\n`);
  const metadata = {
    format: 'crucible',
    model: JSON.stringify(config.model),
    dataset: dataset.name,
    switchEpoch: String(switchEpochOf(config)),
  };
  await ctx.saveArtifact('weights.safetensors', encodeSafetensors(await modelTensors(student), metadata));
}
