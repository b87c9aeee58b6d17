import '../testing/setup.ts';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { METHODS, type MethodDescriptor, type TrainingConfig } from '@crucible/contracts';
import * as tf from '@tensorflow/tfjs-core';
import type { Checkpoint } from '../method.ts';
import { mlp } from '../nn/mlp.ts';
import { createRng } from '../random/create-rng.ts';
import { constantSchedule } from '../schedule/schedule.ts';
import { createFakeContext } from '../testing/fake-context.ts';
import { syntheticDataset } from '../testing/synthetic-dataset.ts';
import { classification } from './classification.ts';
import type { Objective } from './objective.ts';
import type { TrainingState } from './save-training.ts';
import { train } from './train.ts';
import type { ProbeRecord } from './training.ts';

const DATASET = syntheticDataset({ resolution: 6, channels: 1, classes: 3, trainCount: 40, testCount: 9 });
const rng = (name: string) => createRng(4, name);
const descriptor: MethodDescriptor = {
  ...(METHODS['zen-nas'] as MethodDescriptor),
  metrics: [...METHODS['zen-nas'].metrics, { name: 'probe/sum', unit: '1', better: 'neither', description: '' }],
};
const DUE = [0, 1, 3, 4, 9];

/** Two epochs of four steps, probed at DUE, with a statistic that `beforeEpoch` sets to the sum of the weights. */
const attempt = async (resumeFrom: Checkpoint | null, stopAt: number | null) => {
  const ctx = createFakeContext({
    descriptor,
    dataset: DATASET,
    resumeFrom,
    stop: (call) => (call === stopAt ? 'release' : 'no'),
  });
  const model = mlp({ hidden: [5] }, { input: DATASET, classes: 3, rng });
  const plain = classification(model, DATASET, {
    augmentation: [],
    labelSmoothing: 0,
    mixing: { kind: 'none', alpha: 1 },
    rng,
  });
  const sum = tf.variable(tf.scalar(0), false);
  const weightSum = () => tf.tidy(() => tf.addN(model.parameters.map(({ value }) => tf.sum(value as tf.Tensor))));
  const begun: number[] = [];
  const objective: Objective = {
    ...plain,
    statistics: [{ name: 'sum', value: sum }],
    beforeEpoch: async (epoch, between) => {
      await between();
      const now = weightSum();
      sum.assign(now as tf.Scalar);
      now.dispose();
      begun.push(epoch);
    },
  };
  let probes: readonly ProbeRecord[] | null = null;
  try {
    await train(
      ctx,
      objective,
      DATASET,
      {
        training: {
          epochs: 2,
          batchSize: 10,
          optimizer: { kind: 'sgd', momentum: 0.9, nesterov: true },
          learningRate: () => constantSchedule(0.1),
          weightDecay: 0,
          clipNorm: null,
          ema: { decay: 0.5, warmup: false },
          loader: { threads: 0, prefetch: 2 } satisfies TrainingConfig['loader'],
          rng,
        },
        saved: resumeFrom === null ? null : { state: resumeFrom.state as TrainingState, tensors: resumeFrom.tensors },
        checkpoint: ({ state, tensors }, step) => ({ step, state, tensors }),
        measure: async () => ({}),
        probe: {
          isDue: (step) => DUE.includes(step),
          measure: async (_step, between) => {
            await between();
            const probed = tf.tidy(() => weightSum().dataSync()[0] as number);
            return { 'probe/sum': probed, 'test/loss': sum.dataSync()[0] as number };
          },
        },
      },
      async (_epochs, records) => {
        probes = structuredClone(records);
      },
    );
  } catch (error) {
    assert.equal((error as Error).name, 'Stopped');
  } finally {
    model.dispose();
    sum.dispose();
    tf.disposeVariables();
  }
  return { ctx, probes: probes as readonly ProbeRecord[] | null, begun };
};

describe('probes within a training', async () => {
  const whole = await attempt(null, null);

  it('are taken once at each step that is due, under the averages, and epochs are begun once', () => {
    assert.deepEqual(
      whole.probes?.map(({ step }) => step),
      [0, 1, 3, 4],
    );
    assert.deepEqual(whole.begun, [0, 1]);
    assert.equal(whole.ctx.metrics.get('probe/sum@3'), whole.probes?.[2]?.values['probe/sum']);
  });

  it('come out the same wherever the training was released, also within a probe or before an epoch', async () => {
    for (let at = 1; at <= whole.ctx.questions; at++) {
      const first = await attempt(null, at);
      assert.equal(first.probes, null);
      const second = await attempt(first.ctx.checkpoints.at(-1) ?? null, null);
      assert.deepEqual(second.probes, whole.probes);
    }
  });
});
