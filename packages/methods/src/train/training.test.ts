import '../testing/setup.ts';
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { NonFiniteError } from '../method.ts';
import { dense } from '../nn/dense.ts';
import { normal } from '../nn/init.ts';
import type { Model } from '../nn/model.ts';
import { Weights } from '../nn/weights.ts';
import { createRng } from '../random/create-rng.ts';
import { gradientError } from '../testing/gradient.ts';
import { syntheticDataset } from '../testing/synthetic-dataset.ts';
import { planAugmentation } from './augmentation.ts';
import { epochBatches, stepsPerEpoch } from './epoch-batches.ts';
import { evaluate } from './evaluate.ts';
import { cosineLearningRate } from './learning-rate.ts';
import { normalisationTable, writePicture } from './pixels.ts';
import { crossEntropySum, rightAnswers } from './right-answers.ts';
import { restoreTraining, saveTraining } from './save-training.ts';
import { smoothedTargets, softCrossEntropy } from './soft-cross-entropy.ts';
import { endTraining, startTraining, type TrainingOptions, trainStep } from './training.ts';

const DATASET = syntheticDataset({ resolution: 6, channels: 2, classes: 3, trainCount: 70, testCount: 25 });
const rng = (name: string) => createRng(4, name);
const OPTIONS: TrainingOptions = {
  epochs: 4,
  batchSize: 16,
  learningRate: 0.1,
  warmupSteps: 3,
  momentum: 0.9,
  weightDecay: 1e-3,
  labelSmoothing: 0.1,
  augmentation: 'crop-flip',
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

describe('cosineLearningRate', () => {
  it('rises linearly, peaks after the warm-up and falls to zero', () => {
    const rates = Array.from({ length: 21 }, (_, step) => cosineLearningRate(step, 20, 4, 0.8));
    assert.deepEqual(rates.slice(0, 5), [0.2, 0.4, 0.6000000000000001, 0.8, 0.8]);
    assert.ok(Math.abs((rates[12] ?? 0) - 0.4) < 1e-12);
    assert.equal(rates[20], 0);
    assert.equal(cosineLearningRate(0, 10, 0, 0.3), 0.3);
  });
});

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

describe('pictures', () => {
  const shape = { height: 3, width: 4, channels: 2 };
  const stored = Uint8Array.from({ length: 30 }, (_, i) => (i * 37) % 256);
  const table = normalisationTable([0.2, 0.5], [0.5, 2]);
  /** Pixel of the moved and mirrored picture by definition; byte 0 outside. */
  const byHand = (y: number, x: number, c: number, shiftX: number, shiftY: number, flip: boolean): number => {
    const [sy, sx] = [y + shiftY, (flip ? 3 - x : x) + shiftX];
    const inside = sy >= 0 && sy < 3 && sx >= 0 && sx < 4;
    const byte = inside ? (stored[6 + (sy * 4 + sx) * 2 + c] as number) : 0;
    return (byte / 255 - (c === 0 ? 0.2 : 0.5)) / (c === 0 ? 0.5 : 2);
  };

  it('are normalised, moved and mirrored as defined', () => {
    for (const flip of [false, true])
      for (const shiftX of [-2, 0, 1])
        for (const shiftY of [-1, 0, 2]) {
          const out = new Float32Array(26);
          writePicture(out, 1, stored, 6, shape, table, shiftX, shiftY, flip);
          for (let y = 0; y < 3; y++)
            for (let x = 0; x < 4; x++)
              for (let c = 0; c < 2; c++) {
                const want = byHand(y, x, c, shiftX, shiftY, flip);
                assert.ok(Math.abs((out[1 + (y * 4 + x) * 2 + c] as number) - want) < 1e-6);
              }
          assert.deepEqual([out[0], out[25]], [0, 0]);
        }
  });

  it('are moved by at most an eighth, and mirrored half of the time', () => {
    const plan = planAugmentation('crop-flip', 4000, 16, 32, rng('plan'));
    assert.deepEqual([Math.min(...plan.shiftX), Math.max(...plan.shiftX)], [-4, 4]);
    assert.deepEqual([Math.min(...plan.shiftY), Math.max(...plan.shiftY)], [-2, 2]);
    assert.ok(Math.abs(plan.flip.reduce((a, b) => a + b, 0) - 2000) < 160);
    const flips = planAugmentation('flip', 500, 16, 16, rng('plan'));
    assert.ok(flips.shiftX.every((shift) => shift === 0) && flips.flip.includes(1));
    assert.ok(planAugmentation('none', 500, 16, 16, rng('plan')).flip.every((flip) => flip === 0));
  });
});

describe('epochBatches', () => {
  const none = { batchSize: 16, augmentation: 'none', rng } as const;

  it('shows every sample at most once per epoch, in another order in each', () => {
    assert.equal(stepsPerEpoch(70, 16), 4);
    assert.equal(stepsPerEpoch(5, 16), 1);
    const epoch = (index: number) => {
      const batches = epochBatches(DATASET, index, none);
      return [0, 1, 2, 3].map((i) => batches.batch(i));
    };
    const rows = (batches: ReturnType<typeof epoch>) =>
      batches.flatMap(({ images }) => Array.from({ length: 16 }, (_, b) => images.slice(b * 72, (b + 1) * 72).join()));
    const [first, again, second] = [epoch(0), epoch(0), epoch(1)];
    assert.deepEqual(first, again);
    assert.notDeepEqual(rows(first), rows(second));
    assert.equal(new Set(rows(first)).size, 64);
  });

  it('takes all samples where there are fewer than a batch holds', () => {
    const few = { ...DATASET, train: { ...DATASET.train, count: 5 } };
    const { labels } = epochBatches(few, 0, none).batch(0);
    assert.deepEqual([...labels].sort(), [...DATASET.train.labels.slice(0, 5)].sort());
  });
});

describe('training', () => {
  it('learns', async () => {
    const model = linearModel();
    const training = startTraining(model, DATASET, { ...OPTIONS, epochs: 10 });
    const untrained = await evaluate(model, DATASET, DATASET.test, 10, async () => undefined);
    while (training.step < training.totalSteps) trainStep(training);
    const trained = await evaluate(model, DATASET, DATASET.test, 10, async () => undefined);
    assert.ok(trained.accuracy > 0.9 && trained.loss < untrained.loss, JSON.stringify({ untrained, trained }));
    endTraining(training);
    model.dispose();
  });

  it('is the textbook update of a model whose gradient is known', () => {
    const model = linearModel();
    const options: TrainingOptions = { ...OPTIONS, warmupSteps: 0, augmentation: 'none' };
    const training = startTraining(model, DATASET, options);
    const bias = () => [...(model.parameters[1]?.value.dataSync() ?? [])];
    const { labels, images } = epochBatches(DATASET, 0, options).batch(0);
    const logits = tf.tidy(() => model.forward(tf.tensor4d(images, [16, 6, 6, 2]), true).arraySync());
    const gradient = [0, 1, 2].map(
      (k) =>
        logits.reduce((sum, row, b) => {
          const total = row.reduce((s, z) => s + Math.exp(z), 0);
          return sum + Math.exp(row[k] ?? 0) / total - (labels[b] === k ? 0.9 : 0) - 0.1 / 3;
        }, 0) / 16,
    );
    trainStep(training);
    // first step: the velocity is the gradient, so Nesterov moves by (1 + momentum) of it; no decay on a bias
    bias().forEach((b, k) => {
      assert.ok(Math.abs(b + 0.1 * 1.9 * (gradient[k] ?? 0)) < 1e-5, `${b} ${gradient[k]}`);
    });
    endTraining(training);
    model.dispose();
  });

  it('goes on bit for bit from what it saved, wherever that was', () => {
    const run = (cuts: readonly number[]) => {
      let model = linearModel();
      let training = startTraining(model, DATASET, OPTIONS);
      while (training.step < training.totalSteps) {
        trainStep(training);
        if (!cuts.includes(training.step)) continue;
        const { state, tensors } = saveTraining(training);
        endTraining(training);
        model.dispose();
        model = linearModel();
        training = startTraining(model, DATASET, OPTIONS);
        restoreTraining(training, JSON.parse(JSON.stringify(state)), tensors);
      }
      const end = saveTraining(training);
      endTraining(training);
      model.dispose();
      return end;
    };
    assert.deepEqual(run([1, 4, 6, 7, 13]), run([]));
  });

  it('refuses a checkpoint of another model', () => {
    const model = linearModel();
    const training = startTraining(model, DATASET, OPTIONS);
    const { state, tensors } = saveTraining(training);
    assert.throws(() => restoreTraining(training, state, tensors.slice(1)), /tensor head\/kernel is missing/);
    const [kernel, ...rest] = tensors;
    assert.ok(kernel);
    const bent = [{ ...kernel, shape: [3, 72] }, ...rest];
    assert.throws(() => restoreTraining(training, state, bent), /head\/kernel is of shape \[3,72\], want \[72,3\]/);
    endTraining(training);
    model.dispose();
  });

  it('stops at a loss that is not finite, before it spoils the parameters', () => {
    const model = linearModel();
    const training = startTraining(model, DATASET, OPTIONS);
    const kernel = model.parameters[0]?.value;
    assert.ok(kernel);
    tf.tidy(() => kernel.assign(tf.fill([72, 3], 3e38)));
    assert.throws(
      () => trainStep(training),
      (error) => error instanceof NonFiniteError && /at step 1/.test(error.message),
    );
    assert.equal(training.step, 0);
    assert.ok(kernel.dataSync().every((w) => w > 1e38));
    endTraining(training);
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
