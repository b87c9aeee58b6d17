import { AUGMENTATION_PRESETS, parseStructure, superBlocks, type ZenNasConfig } from '@crucible/contracts';
import type { Dataset } from '../data/dataset.ts';
import { type MethodContext, NonFiniteError } from '../method.ts';
import type { Model } from '../nn/model.ts';
import { structureNetwork } from '../nn/structure-network.ts';
import { obeyStop } from '../obey-stop.ts';
import { cosineSchedule, withWarmup } from '../schedule/schedule.ts';
import { evaluate } from '../train/evaluate.ts';
import { restoreTraining, saveTraining } from '../train/save-training.ts';
import {
  endTraining,
  learningRateOf,
  noSums,
  startTraining,
  type Training,
  type TrainingOptions,
  trainStep,
} from '../train/training.ts';
import { type CurvePoint, checkpointOf, type RunState } from './run-state.ts';

/** Steps between two reports. */
const REPORT_EVERY = 20;
/** Steps between two checkpoints; counted in steps, so that every run saves at the same ones. */
const CHECKPOINT_EVERY = 100;

type TrainState = Extract<RunState, { phase: 'train' }>;

/**
 * Trains the winner with its links, and tests it after every epoch.
 *
 * @param use called with the trained model before it is freed
 * @returns the learning curve; its last point is the result
 * @throws NonFiniteError if the loss stops being a finite number
 */
export async function trainPhase(
  config: ZenNasConfig,
  ctx: MethodContext,
  dataset: Dataset,
  run: TrainState,
  use: (model: Model) => Promise<void>,
): Promise<readonly CurvePoint[]> {
  const model = structureNetwork(superBlocks(parseStructure(run.found.structure)), {
    input: dataset,
    residuals: true,
    squeezeExcite: config.training.squeezeExcite,
    classes: dataset.classes,
    batchNormMomentum: config.training.batchNormMomentum,
    rng: (name) => ctx.rng(name),
  });
  const training = startTraining(model, dataset, trainingOptions(config, ctx));
  try {
    if (run.training !== null) restoreTraining(training, run.training, ctx.resumeFrom?.tensors ?? []);
    await trainToEnd(config, ctx, run, training);
    await use(model);
    return run.curve;
  } finally {
    await endTraining(training);
    model.dispose();
  }
}

const trainingOptions = ({ training }: ZenNasConfig, ctx: MethodContext): TrainingOptions => {
  const { learningRate, warmupSteps, momentum, augmentation } = training;
  return {
    ...training,
    optimizer: { kind: 'sgd', momentum, nesterov: true },
    learningRate: (steps) => withWarmup(cosineSchedule(learningRate, steps - warmupSteps), warmupSteps),
    clipNorm: null,
    ema: null,
    augmentation: AUGMENTATION_PRESETS[augmentation],
    mixing: { kind: 'none', alpha: 1 },
    rng: (name) => ctx.rng(name),
  };
};

const trainToEnd = async (
  config: ZenNasConfig,
  ctx: MethodContext,
  run: TrainState,
  training: Training,
): Promise<void> => {
  const checkpoint = async () => {
    const { state, tensors } = await saveTraining(training);
    return checkpointOf({ ...run, training: state }, tensors);
  };
  let since = ctx.seconds();
  for (;;) {
    const atEpochEnd = training.step % training.stepsPerEpoch === 0;
    if (atEpochEnd && run.curve.length < training.step / training.stepsPerEpoch) {
      await testEpoch(config, ctx, run, training, () => obeyStop(ctx, checkpoint));
      await ctx.saveCheckpoint(await checkpoint());
      since = ctx.seconds();
    }
    if (training.step === training.totalSteps) return;
    await obeyStop(ctx, checkpoint);
    const learningRate = learningRateOf(training);
    await trainStep(training);
    if (training.step % REPORT_EVERY === 0 || training.step % training.stepsPerEpoch === 0) {
      reportSteps(ctx, run, training, learningRate, ctx.seconds() - since);
      since = ctx.seconds();
    }
    // the end of an epoch is saved once it is tested
    if (training.step % CHECKPOINT_EVERY === 0 && training.step % training.stepsPerEpoch !== 0)
      await ctx.saveCheckpoint(await checkpoint());
  }
};

const jobStep = (run: TrainState, { step }: Training): number => run.found.iterations + step;

const reportSteps = (
  ctx: MethodContext,
  run: TrainState,
  training: Training,
  learningRate: number,
  seconds: number,
): void => {
  const { steps, samples, loss, right } = training.sinceReport;
  ctx.report(jobStep(run, training), {
    'train/loss': loss / steps,
    'train/accuracy': right / samples,
    'train/learning-rate': learningRate,
    ...(seconds > 0 ? { 'train/samples-per-second': samples / seconds } : {}),
  });
  training.sinceReport = noSums();
  const epoch = Math.ceil(training.step / training.stepsPerEpoch);
  const tested = run.curve.at(-1);
  ctx.progress({
    phase: 'train',
    done: training.step,
    total: training.totalSteps,
    message:
      `epoch ${epoch} of ${training.options.epochs}, loss ${(loss / steps).toFixed(3)}` +
      (tested === undefined ? '' : `, test accuracy ${tested.testAccuracy.toFixed(4)}`),
  });
};

/** Tests the model at the end of an epoch; a test that is stopped is begun again when the job goes on. */
const testEpoch = async (
  config: ZenNasConfig,
  ctx: MethodContext,
  run: TrainState,
  training: Training,
  between: () => Promise<void>,
): Promise<void> => {
  const { model, dataset, sinceEpoch, step } = training;
  const epoch = step / training.stepsPerEpoch;
  const { epochs, evalBatchSize } = config.training;
  ctx.progress({ phase: 'test', done: epoch, total: epochs, message: `testing after epoch ${epoch}` });
  const { loss, accuracy } = await evaluate(model, dataset, dataset.test, evalBatchSize, between);
  ctx.report(jobStep(run, training), { 'test/loss': loss, 'test/accuracy': accuracy });
  if (!Number.isFinite(loss)) throw new NonFiniteError(`the test loss is ${loss} after epoch ${epoch}`);
  run.curve.push({
    epoch,
    trainLoss: sinceEpoch.loss / sinceEpoch.steps,
    trainAccuracy: sinceEpoch.right / sinceEpoch.samples,
    testLoss: loss,
    testAccuracy: accuracy,
  });
  training.sinceEpoch = noSums();
};
