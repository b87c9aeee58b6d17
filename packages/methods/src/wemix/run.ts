/**
 * @file WeMix (arXiv:2010.01267) with its parts: AugDrop drops augmentation late in the training, MixLoss weighs the loss
 * on augmented copies against that on originals, WeMix does both. A probe measures the bias that they correct.
 *
 * Differs from the paper: one optimizer and one schedule cross the switch unless the config says otherwise; the order
 * turned round and smoothing as soft as mixup's labels are added as controls.
 */
import { switchEpochOf, type WeMixConfig, type WeMixSummary } from '@crucible/contracts';
import type { Dataset, Split } from '../data/dataset.ts';
import { pick } from '../data/pick.ts';
import { encodeSafetensors } from '../data/safetensors.ts';
import type { Method, MethodContext } from '../method.ts';
import { buildModel } from '../nn/build-model.ts';
import type { Network } from '../nn/network.ts';
import { finiteOrNull } from '../train/finite-or-null.ts';
import { earlyStopOf, trainingSplit } from '../train/from-config.ts';
import { learningCurveCsv, probesCsv } from '../train/learning-curve.ts';
import { measureCalibration } from '../train/measure-calibration.ts';
import { probePlan } from '../train/probe-plan.ts';
import { modelTensors } from '../train/save-training.ts';
import { type TrainOptions, train } from '../train/train.ts';
import type { EpochRecord, ProbeRecord } from '../train/training.ts';
import { checkpointOf, savedTraining } from '../train/training-checkpoint.ts';
import {
  accuracyAroundSwitch,
  lateSwitchWarning,
  type StagePlan,
  stagePlan,
  twoStageOptions,
} from '../train/two-stage.ts';
import { type BiasProbeOptions, biasProbe, probeBatches } from './bias-probe.ts';
import { exampleSheet } from './example-sheet.ts';
import { wemixObjective } from './objective.ts';
import { originalWeight } from './original-weight.ts';

export const wemix: Method<WeMixConfig, WeMixSummary> = {
  id: 'wemix',
  async run(config, ctx) {
    const whole = await ctx.data(config.dataset);
    const { dataset, heldOut } = trainingSplit(config.training, whole, ctx.rng('data/hold-out'));
    const model = buildModel(config.model, { input: dataset, classes: dataset.classes, rng: (name) => ctx.rng(name) });
    const late = hasSwitch(config) ? lateSwitchWarning(config) : null;
    if (late !== null) ctx.log('warn', late);
    const run = { config, ctx, dataset, heldOut, model, plan: stagePlan(config, dataset.train.count) };
    const weightAt = originalWeight(config, run.plan);
    const objective = wemixObjective({ config, model, dataset, weightAt, rng: (name) => ctx.rng(name) });
    try {
      return await train(ctx, objective, dataset, trainOptions(run), async (epochs, probes) => {
        await saveArtifacts(run, epochs, probes);
        return summaryOf(config, epochs, probes);
      });
    } finally {
      model.dispose();
    }
  },
};

interface Run {
  config: WeMixConfig;
  ctx: MethodContext;
  dataset: Dataset;
  heldOut: Split | null;
  model: Network;
  plan: StagePlan;
}

const hasSwitch = ({ mode }: WeMixConfig): boolean => ['augdrop', 'wemix', 'augdrop-reverse'].includes(mode);

const trainOptions = (run: Run): TrainOptions => {
  const { config, ctx, dataset, heldOut, model, plan } = run;
  const { evalBatchSize } = config.training;
  return {
    training: twoStageOptions(config, plan, ctx),
    saved: savedTraining(ctx, dataset),
    checkpoint: (saved, step) => checkpointOf(dataset, saved, step),
    measure: measureCalibration(model, dataset, heldOut, evalBatchSize),
    ...(config.biasProbe === null ? {} : { probe: probeOf(run, config.biasProbe) }),
    earlyStop: earlyStopOf(config.training),
  };
};

const probeOf = (
  { config, ctx, dataset, model, plan }: Run,
  probe: NonNullable<WeMixConfig['biasProbe']>,
): NonNullable<TrainOptions['probe']> => {
  const { samples, isDue } = probePlan(probe, dataset.train, plan, ctx);
  const options: BiasProbeOptions = {
    model,
    dataset,
    samples,
    augmented: config.augmented,
    draws: probe.draws,
    batchSize: config.training.batchSize,
    rng: (name) => ctx.rng(name),
  };
  return { isDue, measure: (_step, between) => biasProbe(options, between) };
};

/** Columns and rows of copies of the example sheet. */
const [EXAMPLES, EXAMPLE_DRAWS] = [12, 3];

async function saveArtifacts(
  { config, ctx, dataset, model }: Run,
  epochs: readonly EpochRecord[],
  probes: readonly ProbeRecord[],
): Promise<void> {
  await ctx.saveArtifact('learning-curve.csv', learningCurveCsv(epochs));
  if (config.biasProbe !== null) await ctx.saveArtifact('bias.csv', probesCsv(probes));
  const shown = Math.min(EXAMPLES, dataset.train.count);
  const samples = pick(
    dataset.train,
    Int32Array.from({ length: shown }, (_, i) => i),
  );
  const rng = (name: string) => ctx.rng(`examples/${name}`);
  const batches = probeBatches({ dataset, samples, augmented: config.augmented, batchSize: shown, rng });
  const copies = Array.from({ length: EXAMPLE_DRAWS }, (_, draw) => batches.copy(0, draw).images);
  await ctx.saveArtifact('examples.png', await exampleSheet([batches.original(0).images, ...copies], dataset));
  const metadata = { format: 'crucible', model: JSON.stringify(config.model), dataset: dataset.name };
  await ctx.saveArtifact('weights.safetensors', encodeSafetensors(await modelTensors(model), metadata));
}

const summaryOf = (
  config: WeMixConfig,
  epochs: readonly EpochRecord[],
  probes: readonly ProbeRecord[],
): WeMixSummary => {
  const switchEpoch = switchEpochOf(config);
  const last = epochs.at(-1)?.values;
  const probed = (name: string) => finiteOrNull(probes.at(-1)?.values[`probe/${name}`]);
  return {
    mode: config.mode,
    switchEpoch,
    epochs: epochs.length,
    testAccuracy: last?.['test/accuracy'] ?? Number.NaN,
    testLoss: last?.['test/loss'] ?? Number.NaN,
    testEce: last?.['test/ece'] ?? Number.NaN,
    originalGradient: probed('original-gradient'),
    augmentedGradient: probed('augmented-gradient'),
    bias: probed('bias'),
    cosine: probed('cosine'),
    ...accuracyAroundSwitch(hasSwitch(config) ? epochs : [], switchEpoch),
  };
};
