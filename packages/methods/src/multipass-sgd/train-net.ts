import type { MultipassSgdConfig, NetProblem } from '@crucible/contracts';
import type { Dataset, Split } from '../data/dataset.ts';
import { stepsPerEpoch } from '../data/loader.ts';
import { pick } from '../data/pick.ts';
import { type Checkpoint, type MethodContext, NonFiniteError, type StoredTensor } from '../method.ts';
import { mlp } from '../nn/mlp.ts';
import { measureClassifier } from '../train/measure-classifier.ts';
import { modelTensors, type SavedTraining, type TrainingState } from '../train/save-training.ts';
import { train } from '../train/train.ts';
import type { Cell } from './cell.ts';
import { netObjective } from './net-objective.ts';
import { stepSize } from './step-size.ts';

/** One training of the table. */
export interface NetRun {
  config: MultipassSgdConfig;
  problem: NetProblem;
  /** without what is held out */
  dataset: Dataset;
  heldOut: Split;
  cell: Cell;
  seed: number;
  eta: number;
  /** the job's step before it */
  firstStep: number;
  /** where an earlier attempt was in it; null: at its begin */
  saved: { state: TrainingState; tensors: readonly StoredTensor[] } | null;
  checkpoint(saved: SavedTraining, step: number): Checkpoint;
}

/** Errors on held-out and on test images; null: it diverged. */
export interface NetOutcome {
  validationError: number | null;
  testError: number | null;
}

/** Steps of the training of a cell. */
export const trainingSteps = ({ sampleSize, passes }: Cell, { batchSize }: NetProblem): number =>
  stepsPerEpoch(sampleSize, batchSize) * passes;

/**
 * Trains a perceptron on the first samples of its seed. Weights, samples and orders depend on the seed and the number of
 * samples, so that runs of different passes and step sizes are paired.
 */
export async function trainNet(
  run: NetRun,
  ctx: MethodContext,
): Promise<{ outcome: NetOutcome; weights: StoredTensor[] }> {
  const { config, problem, cell, seed, eta } = run;
  const chosen = ctx.rng(`net/${seed}/samples`).permutation(run.dataset.train.count).subarray(0, cell.sampleSize);
  const dataset: Dataset = { ...run.dataset, train: pick(run.dataset.train, chosen) };
  const rng = (name: string) => ctx.rng(`net/${seed}/${name}`);
  const model = mlp({ hidden: problem.hidden }, { input: dataset, classes: dataset.classes, rng });
  const { batchSize, momentum, loader, evalBatchSize } = problem;
  try {
    return await train(
      ctx,
      netObjective(model, dataset, problem.loss),
      dataset,
      {
        training: {
          epochs: cell.passes,
          batchSize,
          optimizer: { kind: 'sgd', momentum, nesterov: false },
          learningRate: (total) => (t) => stepSize(config.schedule, eta, t, total, Number.NaN),
          weightDecay: 0,
          clipNorm: null,
          ema: null,
          loader,
          rng,
        },
        saved: run.saved,
        firstStep: run.firstStep,
        checkpoint: run.checkpoint,
        measure: measureClassifier(model, dataset, run.heldOut, evalBatchSize),
      },
      async (epochs) => {
        const last = epochs.at(-1)?.values ?? {};
        const errorOn = (split: string): number => 1 - (last[`${split}/accuracy`] as number);
        const outcome = { validationError: errorOn('validation'), testError: errorOn('test') };
        return { outcome, weights: await modelTensors(model) };
      },
    );
  } catch (error) {
    if (!(error instanceof NonFiniteError)) throw error;
    ctx.log('info', `step size ${eta} diverged`, { ...cell, seed, why: error.message });
    return { outcome: { validationError: null, testError: null }, weights: await modelTensors(model) };
  } finally {
    model.dispose();
  }
}
