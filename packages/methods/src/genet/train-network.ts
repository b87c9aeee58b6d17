import { type GenetConfig, printStructure, type SuperBlock } from '@crucible/contracts';
import type { Dataset } from '../data/dataset.ts';
import type { Network } from '../nn/network.ts';
import { structureNetwork } from '../nn/structure-network.ts';
import type { Rng } from '../random/rng.ts';
import { classification } from '../train/classification.ts';
import { earlyStopOf, policyOf, trainingOptionsOf } from '../train/from-config.ts';
import { measureClassifier } from '../train/measure-classifier.ts';
import { train } from '../train/train.ts';
import { checkpointOf, type Job, savedTraining, type Trained } from './run-state.ts';

export interface TrainNetworkOptions {
  epochs: number;
  /** phase in the job's progress */
  phase: string;
  /** whether accuracies are measured after every epoch, or after the last one alone */
  isFollowed: boolean;
}

/** A network with links, its first weights from streams named by its structure. */
export const freshNetwork = (
  blocks: readonly SuperBlock[],
  config: GenetConfig,
  dataset: Dataset,
  rng: (name: string) => Rng,
): Network =>
  structureNetwork(blocks, {
    input: dataset,
    residuals: true,
    squeezeExcite: false,
    classes: dataset.classes,
    batchNormMomentum: config.batchNormMomentum,
    rng,
  });

/**
 * Trains a network of the space from scratch. All its random numbers come from streams named by its structure: what it
 * comes to does not depend on what was trained before it.
 *
 * @param use called with the trained network before it is freed
 */
export async function trainNetwork(
  job: Job,
  blocks: readonly SuperBlock[],
  { epochs, phase, isFollowed }: TrainNetworkOptions,
  use: (network: Network, trained: Trained) => Promise<void>,
): Promise<void> {
  const { config, ctx, state } = job;
  const { dataset, heldOut } = job.data;
  const rng = (name: string): Rng => ctx.rng(`train/${printStructure(blocks)}/${name}`);
  const network = freshNetwork(blocks, config, dataset, rng);
  const { training, labelSmoothing } = config;
  const objective = classification(network, dataset, {
    augmentation: policyOf(training.augmentation),
    labelSmoothing,
    mixing: { kind: 'none', alpha: 1 },
    rng,
  });
  const testEveryEpochs = isFollowed ? training.testEveryEpochs : epochs;
  try {
    await train(
      ctx,
      objective,
      dataset,
      {
        training: trainingOptionsOf({ ...training, epochs, testEveryEpochs }, { rng }),
        saved: savedTraining(job),
        firstStep: state.doneSteps,
        phase,
        checkpoint: (saved) => checkpointOf(job, saved),
        measure: measureClassifier(network, dataset, heldOut, training.evalBatchSize),
        earlyStop: isFollowed ? earlyStopOf(training) : null,
      },
      (records) => {
        const last = records.at(-1)?.values ?? {};
        return use(network, {
          validationAccuracy: last['validation/accuracy'] ?? null,
          testAccuracy: last['test/accuracy'] ?? Number.NaN,
          epochs: structuredClone([...records]),
        });
      },
    );
  } finally {
    network.dispose();
  }
}
