import type { NoisyLabelsConfig } from '@crucible/contracts';
import type { Split } from '../data/dataset.ts';
import { stepsPerEpoch } from '../data/loader.ts';
import type { MethodContext } from '../method.ts';
import { buildModel } from '../nn/build-model.ts';
import { classification } from '../train/classification.ts';
import { policyOf, trainingOptionsOf } from '../train/from-config.ts';
import { rowsOf } from '../train/predictions.ts';
import { train } from '../train/train.ts';
import { type Margins, marginsOf } from './instance-noise.ts';
import type { AllMargins, CleanData } from './noisy-data.ts';
import { checkpointOf, keep, keptValues, type Run } from './run-state.ts';

/**
 * Trains the early model of instance-dependent noise on clean labels, and keeps its margins. Its streams are its own, so
 * that the cells are trained as they would be without it.
 */
export async function earlyPhase(
  config: NoisyLabelsConfig,
  epochs: number,
  ctx: MethodContext,
  { dataset, heldOut }: CleanData,
  run: Run,
): Promise<void> {
  const rng = (name: string) => ctx.rng(`early/${name}`);
  const model = buildModel(config.model, { input: dataset, classes: dataset.classes, rng });
  const { evalBatchSize, augmentation } = config.training;
  const objective = classification(model, dataset, {
    augmentation: policyOf(augmentation),
    labelSmoothing: 0,
    mixing: { kind: 'none', alpha: 1 },
    rng,
  });
  const logitsOf = async (split: Split, between: () => Promise<void>) => {
    const forward = (images: Parameters<typeof model.forward>[0]) => ({ logits: model.forward(images, false) });
    return (await rowsOf(forward, dataset, split, evalBatchSize, between)).logits.rows;
  };
  const { state } = run;
  try {
    await train(
      ctx,
      objective,
      dataset,
      {
        training: trainingOptionsOf({ ...config.training, epochs, emaDecay: null }, { rng }),
        saved: state.early === null ? null : { state: state.early, tensors: ctx.resumeFrom?.tensors ?? [] },
        firstStep: state.stepsDone,
        phase: 'early',
        checkpoint: (saved, step) => {
          state.early = saved.state;
          return checkpointOf(run, step, saved.tensors);
        },
        measure: async (epoch, between) => {
          if (epoch < epochs) return {};
          for (const [part, split] of [
            ['train', dataset.train],
            ['held-out', heldOut],
          ] as const) {
            if (split === null) continue;
            const margins = marginsOf(await logitsOf(split, between), split.labels, dataset.classes);
            keepMargins(run, part, margins);
          }
          return {};
        },
      },
      async (records) => {
        state.stepsDone += records.length * stepsPerEpoch(dataset.train.count, config.training.batchSize);
        state.early = null;
        state.earlyDone = true;
      },
    );
  } finally {
    model.dispose();
  }
}

const keepMargins = (run: Run, part: string, { margin, runnerUp }: Margins): void => {
  const shape = [margin.length];
  keep(run, { name: `${part}/margin`, dtype: 'float32', shape, data: margin });
  keep(run, { name: `${part}/runner-up`, dtype: 'int32', shape, data: runnerUp });
};

/** What the early model has left. @throws Error if the checkpoint lacks it */
export function keptMargins(run: Run, hasHeldOut: boolean): AllMargins {
  const of = (part: string): Margins => {
    const [margin, runnerUp] = [keptValues(run, `${part}/margin`), keptValues(run, `${part}/runner-up`)];
    if (margin instanceof Float32Array && runnerUp instanceof Int32Array) return { margin, runnerUp };
    throw new Error(`the checkpoint lacks the margins of the early model (${part})`);
  };
  return { train: of('train'), heldOut: hasHeldOut ? of('held-out') : null };
}
