import '../testing/setup.ts';
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { AUGMENTATION_PRESETS } from '@crucible/contracts';
import * as tf from '@tensorflow/tfjs-core';
import type { Dataset } from '../data/dataset.ts';
import { NonFiniteError } from '../method.ts';
import { dense } from '../nn/dense.ts';
import { normal } from '../nn/init.ts';
import type { Model } from '../nn/model.ts';
import { Weights } from '../nn/weights.ts';
import { createRng } from '../random/create-rng.ts';
import { constantSchedule, cosineSchedule, withWarmup } from '../schedule/schedule.ts';
import { gradientError } from '../testing/gradient.ts';
import { syntheticDataset } from '../testing/synthetic-dataset.ts';
import type { ClassificationOptions } from './classification.ts';
import { classification } from './classification.ts';
import { evaluate } from './evaluate.ts';
import { crossEntropySum, rightAnswers } from './right-answers.ts';
import { restoreTraining, saveTraining } from './save-training.ts';
import { smoothedTargets, softCrossEntropy } from './soft-cross-entropy.ts';
import { endTraining, type TrainingOptions as StepOptions, startTraining as start, trainStep } from './training.ts';

type TrainingOptions = StepOptions & ClassificationOptions;

/** Plain classification, with the options of both in one object. */
const startTraining = (model: Model, dataset: Dataset, options: TrainingOptions) =>
  start(classification(model, dataset, options), dataset, options);

const DATASET = syntheticDataset({ resolution: 6, channels: 2, classes: 3, trainCount: 70, testCount: 25 });
const rng = (name: string) => createRng(4, name);
const constantLearningRate = () => constantSchedule(0.1);
const OPTIONS: TrainingOptions = {
  epochs: 4,
  batchSize: 16,
  optimizer: { kind: 'sgd', momentum: 0.9, nesterov: true },
  learningRate: (steps) => withWarmup(cosineSchedule(0.1, steps - 3), 3),
  weightDecay: 1e-3,
  clipNorm: null,
  ema: null,
  labelSmoothing: 0.1,
  augmentation: AUGMENTATION_PRESETS['crop-flip'],
  mixing: { kind: 'none', alpha: 1 },
  loader: { threads: 0, prefetch: 2 },
  rng,
};

/** Logistic regression: the smallest model that learns. */
const linearModel = (): Model => {
  const weights = new Weights(rng);
  const head = dense(weights, 'head', { in: 72, out: 3, bias: true, init: normal(0.05) });
  return {
    parameters: weights.parameters,
    statistics: weights.statistics,
    forward: (images) => tf.tidy(() => head.forward(tf.reshape(images, [images.shape[0], 72]))),
    dispose: () => weights.dispose(),
  };
};

let before = 0;
beforeEach(() => {
  before = tf.memory().numTensors;
});
afterEach(() => assert.equal(tf.memory().numTensors, before));

describe('softCrossEntropy', () => {
  const logits = [
    [2, -1, 0.5],
    [0, 3, -4],
  ];
  const labels = Int32Array.of(2, 1);
  const byHand = (smoothing: number) => {
    let total = 0;
    logits.forEach((row, b) => {
      const logSum = Math.log(row.reduce((sum, z) => sum + Math.exp(z), 0));
      row.forEach((z, k) => {
        const target = (labels[b] === k ? 1 - smoothing : 0) + smoothing / 3;
        total -= target * (z - logSum);
      });
    });
    return total / logits.length;
  };
  const loss = (z: tf.Tensor2D, smoothing: number) =>
    tf.tidy(() => softCrossEntropy(z, tf.tensor2d(smoothedTargets(labels, 3, smoothing), [2, 3])));

  for (const smoothing of [0, 0.1, 1])
    it(`matches the formula with smoothing ${smoothing}`, () => {
      const value = tf.tidy(() => loss(tf.tensor2d(logits), smoothing).dataSync()[0] as number);
      assert.ok(Math.abs(value - byHand(smoothing)) < 1e-5);
    });

  it('has the gradient that finite differences give', () => {
    const z = tf.tidy(() => tf.variable(tf.tensor2d(logits)));
    assert.ok(gradientError(() => loss(z as unknown as tf.Tensor2D, 0.2), z) < 1e-2);
    z.dispose();
  });

  it('has a sum on the host that agrees with it', () => {
    const flat = Float32Array.from(logits.flat());
    assert.ok(Math.abs(crossEntropySum(flat, labels, 3) / 2 - byHand(0)) < 1e-6);
    assert.equal(rightAnswers(flat, labels, 3), 1);
    assert.equal(rightAnswers(Float32Array.of(1, 1, 0), Int32Array.of(0), 3), 1);
  });
});

describe('training', () => {
  it('learns', async () => {
    const model = linearModel();
    const training = startTraining(model, DATASET, { ...OPTIONS, epochs: 10 });
    const untrained = await evaluate(model, DATASET, DATASET.test, 10, async () => undefined);
    while (training.step < training.totalSteps) await trainStep(training);
    const trained = await evaluate(model, DATASET, DATASET.test, 10, async () => undefined);
    assert.ok(trained.accuracy > 0.9 && trained.loss < untrained.loss, JSON.stringify({ untrained, trained }));
    await endTraining(training);
    model.dispose();
  });

  it('is the textbook update of a model whose gradient is known', async () => {
    const model = linearModel();
    const options: TrainingOptions = { ...OPTIONS, learningRate: constantLearningRate, augmentation: [] };
    const training = startTraining(model, DATASET, options);
    const bias = () => [...(model.parameters[1]?.value.dataSync() ?? [])];
    const { labels, views } = await training.loader.batch(0);
    const images = views[0] ?? new Float32Array();
    const logits = tf.tidy(() => model.forward(tf.tensor4d(images, [16, 6, 6, 2]), true).arraySync());
    const gradient = [0, 1, 2].map(
      (k) =>
        logits.reduce((sum, row, b) => {
          const total = row.reduce((s, z) => s + Math.exp(z), 0);
          return sum + Math.exp(row[k] ?? 0) / total - (labels[b] === k ? 0.9 : 0) - 0.1 / 3;
        }, 0) / 16,
    );
    await trainStep(training);
    // first step: the velocity is the gradient, so Nesterov moves by (1 + momentum) of it; no decay on a bias
    bias().forEach((b, k) => {
      assert.ok(Math.abs(b + 0.1 * 1.9 * (gradient[k] ?? 0)) < 1e-5, `${b} ${gradient[k]}`);
    });
    await endTraining(training);
    model.dispose();
  });

  const everything: TrainingOptions = {
    ...OPTIONS,
    optimizer: { kind: 'adamw', beta1: 0.9, beta2: 0.99, epsilon: 1e-8 },
    clipNorm: 0.5,
    ema: { decay: 0.9, warmup: true },
    augmentation: AUGMENTATION_PRESETS.randaugment,
    mixing: { kind: 'mixup', alpha: 1 },
  };
  for (const [what, options] of [
    ['with momentum', OPTIONS],
    ['with AdamW, clipping, averages and mixup', everything],
    [
      'with Adam and CutMix',
      { ...everything, optimizer: { ...everything.optimizer, kind: 'adam' }, mixing: { kind: 'cutmix', alpha: 1 } },
    ],
  ] as [string, TrainingOptions][])
    it(`goes on bit for bit from what it saved, wherever that was: ${what}`, async () => {
      const run = async (cuts: readonly number[]) => {
        let model = linearModel();
        let training = startTraining(model, DATASET, options);
        while (training.step < training.totalSteps) {
          await trainStep(training);
          if (!cuts.includes(training.step)) continue;
          const { state, tensors } = await saveTraining(training);
          await endTraining(training);
          model.dispose();
          model = linearModel();
          training = startTraining(model, DATASET, options);
          restoreTraining(training, JSON.parse(JSON.stringify(state)), tensors);
        }
        const end = await saveTraining(training);
        await endTraining(training);
        model.dispose();
        return end;
      };
      assert.deepEqual(await run([1, 4, 6, 7, 13]), await run([]));
    });

  it('learns with averages, and they learn too', async () => {
    const model = linearModel();
    const training = startTraining(model, DATASET, {
      ...everything,
      mixing: { kind: 'none', alpha: 1 },
      augmentation: [],
      epochs: 15,
    });
    while (training.step < training.totalSteps) await trainStep(training);
    const accuracy = async () => (await evaluate(model, DATASET, DATASET.test, 25, async () => undefined)).accuracy;
    const own = await accuracy();
    const averaged = (await training.ema?.during(accuracy)) ?? 0;
    assert.ok(own > 0.9 && averaged > 0.9, `${own} ${averaged}`);
    assert.equal(await accuracy(), own);
    await endTraining(training);
    model.dispose();
  });

  it('refuses a checkpoint of another model', async () => {
    const model = linearModel();
    const training = startTraining(model, DATASET, OPTIONS);
    const { state, tensors } = await saveTraining(training);
    assert.throws(() => restoreTraining(training, state, tensors.slice(1)), /tensor head\/kernel is missing/);
    const [kernel, ...rest] = tensors;
    assert.ok(kernel);
    const bent = [{ ...kernel, shape: [3, 72] }, ...rest];
    assert.throws(() => restoreTraining(training, state, bent), /head\/kernel is of shape \[3,72\], want \[72,3\]/);
    await endTraining(training);
    model.dispose();
  });

  it('stops at a loss that is not finite, before it spoils the parameters', async () => {
    const model = linearModel();
    const training = startTraining(model, DATASET, OPTIONS);
    const kernel = model.parameters[0]?.value;
    assert.ok(kernel);
    tf.tidy(() => kernel.assign(tf.fill([72, 3], 3e38)));
    await assert.rejects(
      trainStep(training),
      (error) => error instanceof NonFiniteError && /at step 1/.test(error.message),
    );
    assert.equal(training.step, 0);
    assert.ok(kernel.dataSync().every((w) => w > 1e38));
    await endTraining(training);
    model.dispose();
  });
});

describe('evaluate', () => {
  it('covers the whole split, whatever the batch size', async () => {
    const model = linearModel();
    const results: { loss: number; accuracy: number; batches: number }[] = [];
    for (const size of [1, 7, 25, 100]) {
      let batches = 0;
      const result = await evaluate(model, DATASET, DATASET.test, size, async () => {
        batches += 1;
      });
      results.push({ ...result, batches });
    }
    assert.deepEqual(
      results.map(({ batches }) => batches),
      [25, 4, 1, 1],
    );
    for (const { loss, accuracy } of results) {
      assert.ok(Math.abs(loss - (results[0]?.loss ?? 0)) < 1e-5);
      assert.equal(accuracy, results[0]?.accuracy);
    }
    model.dispose();
  });
});
