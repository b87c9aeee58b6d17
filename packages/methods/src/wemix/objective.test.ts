import '../testing/setup.ts';
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { METHODS, resolveConfig, type WeMixConfig } from '@crucible/contracts';
import * as tf from '@tensorflow/tfjs-core';
import { createLoader } from '../data/loader.ts';
import { buildModel } from '../nn/build-model.ts';
import type { Network } from '../nn/network.ts';
import { createRng } from '../random/create-rng.ts';
import { constantSchedule } from '../schedule/schedule.ts';
import { syntheticDataset } from '../testing/synthetic-dataset.ts';
import type { ViewBatch } from '../train/objective.ts';
import { smoothedTargets, softCrossEntropy } from '../train/soft-cross-entropy.ts';
import { wemixObjective } from './objective.ts';

const DATASET = syntheticDataset({ resolution: 6, channels: 1, classes: 3, trainCount: 16, testCount: 3 });
const rng = (name: string) => createRng(7, name);
const configOf = (changed: object): WeMixConfig =>
  resolveConfig(METHODS.wemix.id, {
    model: { kind: 'small-cnn', channels: [4], strides: [2] },
    augmented: { kind: 'policy', policy: [{ op: 'pad-crop', padding: 2 }] },
    copies: 2,
    ...changed,
  }) as WeMixConfig;

/** Loss, gradients and running statistics of one step at a weight. */
const stepAt = async (config: WeMixConfig, weight: number) => {
  const model: Network = buildModel(config.model, { input: DATASET, classes: 3, rng });
  const objective = wemixObjective({ config, model, dataset: DATASET, weightAt: constantSchedule(weight), rng });
  const loader = createLoader(DATASET, {
    views: objective.views,
    batchSize: 8,
    totalSteps: 1,
    threads: 0,
    prefetch: 1,
    rng,
  });
  const batch: ViewBatch = { ...(await loader.batch(0)), viewSizes: loader.viewSizes };
  const numbers = tf.tidy(() => {
    const { value, grads } = tf.variableGrads(
      () => objective.loss(batch, 0).loss,
      model.parameters.map((parameter) => parameter.value),
    );
    const gradients = model.parameters.flatMap(({ value: { name } }) => [...(grads[name]?.dataSync() ?? [])]);
    const statistics = model.statistics.flatMap((statistic) => [...statistic.value.dataSync()]);
    return { loss: value.dataSync()[0] as number, gradients, statistics } as never;
  }) as { loss: number; gradients: number[]; statistics: number[] };
  await loader.close();
  model.dispose();
  return numbers;
};
const assertClose = (actual: readonly number[], expected: readonly number[]) => {
  assert.equal(actual.length, expected.length);
  actual.forEach((x, i) => {
    assert.ok(Math.abs(x - (expected[i] as number)) < 2e-6, `${i}: ${x} ${expected[i]}`);
  });
};

let before = 0;
beforeEach(() => {
  before = tf.memory().numTensors;
});
afterEach(() => assert.equal(tf.memory().numTensors, before));

describe('the loss of wemix', () => {
  it('on mixed labels is the mix of the losses on both, gradients likewise', () => {
    const ratio = 0.3;
    const [own, partner] = [Int32Array.of(0, 2, 1), Int32Array.of(1, 2, 0)];
    const hot = (labels: Int32Array) => smoothedTargets(labels, 3, 0);
    const mixed = hot(own).map((t, i) => ratio * t + (1 - ratio) * (hot(partner)[i] as number));
    const at = (targets: Float32Array) =>
      tf.tidy(() => {
        const logits = tf.tensor2d([0.3, -1, 2, 0.5, 0.1, -0.2, 1, 1, -3], [3, 3]);
        const loss = (z: tf.Tensor) => softCrossEntropy(z as tf.Tensor2D, tf.tensor2d(targets, [3, 3]));
        const { value, grad } = tf.valueAndGrad(loss)(logits);
        return [...value.dataSync(), ...grad.dataSync()] as never;
      }) as number[];
    const [first, second] = [at(hot(own)), at(hot(partner))];
    assertClose(
      at(mixed),
      first.map((x, i) => ratio * x + (1 - ratio) * (second[i] as number)),
    );
  });

  for (const [what, changed] of [
    ['without batch normalisation', { model: { kind: 'mlp', hidden: [5] } }],
    ['with separate statistics', { batchNorm: 'separate' }],
    ['of mixup with separate statistics', { batchNorm: 'separate', augmented: { kind: 'mixup' } }],
  ] as const)
    it(`is the weighted sum of both sides, gradients likewise: ${what}`, async () => {
      const config = configOf(changed);
      const [original, copied, mixed] = [await stepAt(config, 1), await stepAt(config, 0), await stepAt(config, 0.3)];
      assertClose([mixed.loss], [0.3 * original.loss + 0.7 * copied.loss]);
      assertClose(
        mixed.gradients,
        original.gradients.map((g, i) => 0.3 * g + 0.7 * (copied.gradients[i] as number)),
      );
    });

  it('takes the running statistics from originals alone where they are separate, and from both where they are shared', async () => {
    const [alone, separate] = [await stepAt(configOf({}), 1), await stepAt(configOf({ batchNorm: 'separate' }), 0.3)];
    assert.deepEqual(separate.statistics, alone.statistics);
    assert.notDeepEqual((await stepAt(configOf({ batchNorm: 'shared' }), 0.3)).statistics, alone.statistics);
  });
});
