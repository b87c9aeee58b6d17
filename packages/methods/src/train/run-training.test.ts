import '../testing/setup.ts';
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { METHODS, type MethodDescriptor, TRAINING_METRICS } from '@crucible/contracts';
import * as tf from '@tensorflow/tfjs-core';
import { type Checkpoint, Stopped, type StopRequest } from '../method.ts';
import { normal } from '../nn/init.ts';
import { Weights } from '../nn/weights.ts';
import { createRng } from '../random/create-rng.ts';
import { constantSchedule } from '../schedule/schedule.ts';
import { createFakeContext, type FakeContext } from '../testing/fake-context.ts';
import { syntheticDataset } from '../testing/synthetic-dataset.ts';
import { viewTensor } from './classification.ts';
import type { Objective } from './objective.ts';
import type { TrainingState } from './save-training.ts';
import { type TrainOptions, train } from './train.ts';
import type { EpochRecord } from './training.ts';

const DATASET = syntheticDataset({ resolution: 4, channels: 1, classes: 3, trainCount: 20, testCount: 4 });
const STEPS_PER_EPOCH = 5;
const PIXELS = 16;
const extra = { name: 'train/twice', unit: 'nats', better: 'neither', description: 'twice the loss' } as const;
const descriptor: MethodDescriptor = { ...METHODS['zen-nas'], metrics: [...TRAINING_METRICS, extra] };

/** A linear map of each image to its mean brightness: no logits, one value of its own. */
const regression = (): Objective & { kernel: tf.Variable; dispose(): void } => {
  const weights = new Weights((name) => createRng(1, name));
  const kernel = weights.parameter<tf.Rank.R2>('kernel', [PIXELS, 1], {
    init: normal(1),
    fans: { in: PIXELS, out: 1 },
    decay: true,
  });
  return {
    kernel,
    parameters: weights.parameters,
    statistics: [],
    views: [[]],
    loss: (batch) => {
      const x = tf.reshape(viewTensor(batch, 0, 1), [-1, PIXELS]);
      const loss = tf.mean<tf.Scalar>(tf.square(tf.sub(tf.matMul(x, kernel), tf.mean(x, 1, true))));
      return { loss, values: { twice: tf.mul(loss, 2) } };
    },
    dispose: () => weights.dispose(),
  };
};

interface Attempt {
  ctx: FakeContext;
  epochs: readonly EpochRecord[] | null;
  /** what the measuring saw in the kernel, by epoch */
  measured: Map<number, Float32Array>;
}

/** One attempt; `pauses`: questions that the measuring of an epoch asks. */
async function attempt(
  changed: Partial<TrainOptions['training']> & Pick<TrainOptions, 'earlyStop'> & { losses?: readonly number[] },
  resumeFrom: Checkpoint | null = null,
  stop: (call: number) => StopRequest = () => 'no',
): Promise<Attempt> {
  const { earlyStop, losses, ...training } = changed;
  const ctx = createFakeContext({ descriptor, dataset: DATASET, resumeFrom, stop });
  const objective = regression();
  const measured = new Map<number, Float32Array>();
  const options: TrainOptions = {
    training: {
      epochs: 3,
      batchSize: 4,
      optimizer: { kind: 'sgd', momentum: 0.9, nesterov: false },
      learningRate: () => constantSchedule(0.01),
      weightDecay: 0,
      clipNorm: null,
      ema: null,
      loader: { threads: 0, prefetch: 1 },
      rng: ctx.rng,
      ...training,
    },
    saved:
      resumeFrom === null ? null : { state: resumeFrom.state as TrainingState, tensors: ctx.resumeFrom?.tensors ?? [] },
    checkpoint: ({ state, tensors }, step) => ({ step, state, tensors }),
    measure: async (epoch, between) => {
      await between();
      measured.set(epoch, objective.kernel.dataSync<'float32'>().slice());
      await between();
      return { 'validation/loss': losses?.[epoch - 1] ?? 1 / epoch };
    },
    earlyStop: earlyStop ?? null,
  };
  try {
    const epochs = await train(ctx, objective, DATASET, options, async (records) => structuredClone(records));
    return { ctx, epochs, measured };
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    return { ctx, epochs: null, measured };
  } finally {
    objective.dispose();
  }
}

const tensorsAt = (ctx: FakeContext, step: number) => ctx.checkpoints.find((saved) => saved.step === step)?.tensors;
const dataOf = (tensors: Checkpoint['tensors'] | undefined, name: string) =>
  tensors?.find((tensor) => tensor.name === name)?.data;

let before = 0;
beforeEach(() => {
  before = tf.memory().numTensors;
});
afterEach(() => assert.equal(tf.memory().numTensors, before));

describe('train', () => {
  const averaged = { ema: { decay: 0.8, warmup: false } };
  /** number of the question that the `which`-th pause in measuring the first epoch is */
  const pause = (which: number) => STEPS_PER_EPOCH + which;

  it('measures the averages, and saves what is trained', async () => {
    const { ctx, measured } = await attempt(averaged);
    const saved = tensorsAt(ctx, STEPS_PER_EPOCH);
    assert.deepEqual(measured.get(1), dataOf(saved, 'ema/kernel'));
    assert.notDeepEqual(dataOf(saved, 'kernel'), dataOf(saved, 'ema/kernel'));
  });

  it('saves what is trained when it is stopped in the middle of measuring the averages, and goes on bit for bit', async () => {
    const whole = await attempt(averaged);
    for (const which of [1, 2]) {
      const cut = await attempt(averaged, null, (call) => (call === pause(which) ? 'release' : 'no'));
      assert.equal(cut.epochs, null);
      const last = cut.ctx.checkpoints.at(-1);
      assert.equal(last?.step, STEPS_PER_EPOCH);
      assert.deepEqual(last?.tensors, tensorsAt(whole.ctx, STEPS_PER_EPOCH));
      const rest = await attempt(averaged, last);
      assert.deepEqual(rest.epochs, whole.epochs);
      assert.deepEqual(rest.ctx.checkpoints.at(-1), whole.ctx.checkpoints.at(-1));
    }
    const canceled = await attempt(averaged, null, (call) => (call === pause(1) ? 'cancel' : 'no'));
    assert.deepEqual([canceled.epochs, canceled.ctx.checkpoints], [null, []]);
  });

  it('ends once the metric has not fallen for the given epochs, also when it was resumed in between', async () => {
    const options = { epochs: 9, losses: [1, 0.5, 0.7, 0.5, 0.4, 0.6, 0.6, 0.6], earlyStop: null };
    const stalled = { ...options, earlyStop: { metric: 'validation/loss', epochs: 2 } };
    const whole = await attempt(stalled);
    assert.equal(whole.epochs?.length, 4);
    const cut = await attempt(stalled, null, (call) => (call === 22 ? 'release' : 'no'));
    assert.deepEqual((await attempt(stalled, cut.ctx.checkpoints.at(-1))).epochs, whole.epochs);
    assert.equal(
      (await attempt({ ...stalled, earlyStop: { metric: 'validation/loss', epochs: 3 } })).epochs?.length,
      8,
    );
    assert.equal((await attempt(options)).epochs?.length, 9);
  });

  it('measures every few epochs and the last one, and keeps a record of each', async () => {
    const { measured, epochs } = await attempt({ epochs: 5, testEveryEpochs: 3 });
    assert.deepEqual([...measured.keys()], [3, 5]);
    assert.deepEqual(
      epochs?.map(({ values }) => 'validation/loss' in values),
      [false, false, true, false, true],
    );
    assert.ok(epochs?.every(({ values }) => 'train/loss' in values));
  });

  it('reports means of the values of an objective, and no accuracy where there are no logits', async () => {
    const { ctx, epochs } = await attempt({ earlyStop: null });
    for (const [key, loss] of ctx.metrics) {
      assert.ok(!key.startsWith('train/accuracy'));
      if (!key.startsWith('train/loss@')) continue;
      const twice = ctx.metrics.get(key.replace('loss', 'twice'));
      assert.ok(Math.abs((twice ?? 0) - 2 * loss) < 1e-6 * loss, `${twice} ${loss}`);
    }
    for (const { values } of epochs ?? [])
      assert.deepEqual(Object.keys(values).toSorted(), ['train/loss', 'train/twice', 'validation/loss']);
  });

  it('begins the optimizer afresh at the wished step, also when it goes on from there', async () => {
    const kept = await attempt({});
    const options = { freshOptimizerAt: STEPS_PER_EPOCH };
    const whole = await attempt(options);
    assert.deepEqual(tensorsAt(whole.ctx, STEPS_PER_EPOCH), tensorsAt(kept.ctx, STEPS_PER_EPOCH));
    assert.notDeepEqual(tensorsAt(whole.ctx, 2 * STEPS_PER_EPOCH), tensorsAt(kept.ctx, 2 * STEPS_PER_EPOCH));
    const still = await attempt({ ...options, optimizer: { kind: 'sgd', momentum: 0, nesterov: false } });
    const plain = await attempt({ optimizer: { kind: 'sgd', momentum: 0, nesterov: false } });
    assert.deepEqual(tensorsAt(still.ctx, 15), tensorsAt(plain.ctx, 15));
    const resumed = await attempt(options, whole.ctx.checkpoints[0]);
    assert.deepEqual(resumed.ctx.checkpoints.at(-1), whole.ctx.checkpoints.at(-1));
  });
});
