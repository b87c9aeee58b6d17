/** @file Variants of single blocks, each trained to make the feature map of the block that it replaces. */
import type { SuperBlock } from '@crucible/contracts';
import * as tf from '@tensorflow/tfjs-core';
import type { MethodContext } from '../method.ts';
import type { Rng } from '../random/rng.ts';
import { viewTensor } from '../train/classification.ts';
import { evaluate } from '../train/evaluate.ts';
import { policyOf, trainingOptionsOf } from '../train/from-config.ts';
import type { Objective } from '../train/objective.ts';
import { train } from '../train/train.ts';
import { frozenNetwork, type Hybrid, hybrid } from './hybrid.ts';
import { checkpointOf, endOfTraining, type Job, savedTraining } from './run-state.ts';
import { type Choice, chosenBlock, type Position, typeName } from './space.ts';

/** A variant of one block of the master. */
export interface Variant {
  /** index of the position */
  position: number;
  choice: Choice;
}

/**
 * The variants to distil: for each place so many, spread evenly over its types, each another depth and width, in an order
 * drawn at random. The master's own block is none of them: its change is zero by definition.
 */
export function drawVariants(
  positions: readonly Position[],
  samplesPerBlock: number,
  rng: (name: string) => Rng,
): Variant[] {
  return positions.flatMap((place, position) => {
    const isMaster = ({ type, layers, out }: Choice): boolean =>
      typeName(type) === typeName(place.master.type) && layers === place.master.layers && out === place.master.out;
    const byType = place.types.map((type) => {
      const grid = place.depths.flatMap((layers) => place.widths.map((out): Choice => ({ type, layers, out })));
      const order = rng(`variants/${position}/${typeName(type)}`).permutation(grid.length);
      return [...order].map((i) => grid[i] as Choice).filter((choice) => !isMaster(choice));
    });
    const variants: Variant[] = [];
    for (let round = 0; byType.some((choices) => choices.length > round); round += 1)
      for (const choices of byType) {
        const choice = choices[round];
        if (choice !== undefined) variants.push({ position, choice });
      }
    return variants.slice(0, samplesPerBlock);
  });
}

/** Distils the variants that are left, and notes the held-out accuracy of the master with each in place of its block. */
export async function distilPhase(job: Job, variants: readonly Variant[]): Promise<void> {
  const { config, ctx, blocks, positions, state, tensors } = job;
  if (state.variants.length === variants.length) return;
  const rng = (name: string): Rng => ctx.rng(`distil/${name}`);
  const frozen = frozenNetwork(blocks, job.data.dataset, tensors.master, rng);
  try {
    for (const [i, { position, choice }] of [...variants.entries()].slice(state.variants.length)) {
      const { at } = positions[position] as Position;
      const block = chosenBlock(blocks[at] as SuperBlock, choice);
      const { batchNormMomentum } = config;
      const key = `${position}/${typeName(choice.type)}/${choice.layers}/${choice.out}`;
      const ofVariant = (name: string): Rng => rng(`${key}/${name}`);
      const student = hybrid({ blocks, frozen, tensors: tensors.master, at, block, batchNormMomentum, rng: ofVariant });
      try {
        const accuracy = await distil(job, student, ofVariant);
        state.variants.push(accuracy);
        const change = accuracy - (state.master?.validationAccuracy ?? 0);
        ctx.report(state.doneSteps, { 'distil/accuracy': accuracy, 'distil/change': change });
        ctx.progress({
          phase: 'distil',
          done: i + 1,
          total: variants.length,
          message: `block ${at + 1} as ${typeName(choice.type)}, ${choice.layers} layers, ${choice.out} wide: ${(100 * change).toFixed(2)} points`,
        });
        await ctx.saveCheckpoint(checkpointOf(job));
      } finally {
        student.dispose();
      }
    }
  } finally {
    frozen.dispose();
  }
}

/**
 * Squared error of a feature map `[B, h, w, C]`, mean over images and pixels and sum over channels, relative to the mean
 * square of what is wanted: a learning rate means the same in every place, whatever its scale and width.
 */
export function distilledLoss({ made, wanted }: { made: tf.Tensor4D; wanted: tf.Tensor4D }): tf.Scalar {
  const error = tf.mean(tf.squaredDifference(made, wanted));
  const relative = tf.div(error, tf.add(tf.mean(tf.square(wanted)), 1e-12));
  return tf.mul<tf.Scalar>(relative, wanted.shape[3]);
}

/** Trains one variant; the held-out accuracy of the hybrid. */
const distil = async (job: Job, student: Hybrid, rng: (name: string) => Rng): Promise<number> => {
  const { training, search } = job.config;
  const { dataset, heldOut } = job.data;
  const objective: Objective = {
    parameters: student.parameters,
    statistics: student.statistics,
    views: [policyOf(training.augmentation)],
    loss: (batch) => ({ loss: distilledLoss(student.features(viewTensor(batch, 0, dataset.channels), true)) }),
  };
  const epochs = search.blockEpochs;
  const options = trainingOptionsOf({ ...training, epochs, testEveryEpochs: epochs }, { rng });
  const measure = async (_epoch: number, between: () => Promise<void>): Promise<Record<string, number>> => {
    if (heldOut === null) return {};
    const { accuracy } = await evaluate(student, dataset, heldOut, training.evalBatchSize, between);
    return { 'train/held-out': accuracy };
  };
  return await train(
    reportingDistillation(job.ctx),
    objective,
    dataset,
    {
      training: options,
      saved: savedTraining(job),
      firstStep: job.state.doneSteps,
      phase: 'distil',
      checkpoint: (saved) => checkpointOf(job, saved),
      measure,
    },
    async (records) => {
      endOfTraining(job, records.length);
      return records.at(-1)?.values['train/held-out'] ?? Number.NaN;
    },
  );
};

/** The context under which the shared training reports `distil/...`: its loss is not that of a classifier. */
const reportingDistillation = (ctx: MethodContext): MethodContext =>
  Object.assign(Object.create(ctx) as MethodContext, {
    report: (step: number, values: Readonly<Record<string, number>>) => {
      const own = ['loss', 'learning-rate', 'samples-per-second'];
      ctx.report(
        step,
        Object.fromEntries(
          own.flatMap((name) =>
            `train/${name}` in values ? [[`distil/${name}`, values[`train/${name}`] as number]] : [],
          ),
        ),
      );
    },
  });
