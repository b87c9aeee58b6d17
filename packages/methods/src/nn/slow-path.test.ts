import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { Architecture } from '@crucible/contracts';
import { EngineUnavailableError, loadEngine, type Precision, resetSlowPath, slowPath } from '@crucible/engine-native';
import * as tf from '@tensorflow/tfjs-core';
import { createOptimizer, decayGroups } from '../optim/optimizer.ts';
import { createRng } from '../random/create-rng.ts';
import { buildModel } from './build-model.ts';

const [BATCH, SIDE, CLASSES] = [4, 16, 5];

/** Every builder, and of the structures every kind of block. */
const ARCHITECTURES: Readonly<Record<string, Architecture>> = {
  'ResNet-18 for small images': { kind: 'resnet', depth: 18, width: 16, stem: 'cifar' },
  'ResNet-50 with a pooling stem': { kind: 'resnet', depth: 50, width: 16, stem: 'imagenet' },
  'small CNN': { kind: 'small-cnn', channels: [8, 16, 24], strides: [2, 1, 2] },
  MLP: { kind: 'mlp', hidden: [20, 12] },
  'plain structure': {
    kind: 'structure',
    structure: 'SuperConvK3BNRELU(3,16,1,1)SuperConvK5BNRELU(16,16,2,2)SuperConvK1BNRELU(16,32,1,1)',
    squeezeExcite: false,
  },
  'structure of basic and bottleneck blocks': {
    kind: 'structure',
    structure:
      'SuperConvK3BNRELU(3,8,1,1)SuperResK3K3(8,16,2,8,1)SuperResK1K5K1(16,16,2,8,2)SuperConvK1BNRELU(16,32,1,1)',
    squeezeExcite: false,
  },
  'mobile structure': {
    kind: 'structure',
    structure:
      'SuperConvK3BNRELU(3,8,2,1)SuperResIDWE4K7(8,16,2,24,2)SuperResIDWE6K5(16,24,1,16,1)SuperResIDWE1K3(24,24,1,24,1)SuperConvK1BNRELU(24,32,1,1)',
    squeezeExcite: false,
  },
  'mobile structure with squeeze-and-excitation': {
    kind: 'structure',
    structure:
      'SuperConvK3BNRELU(3,8,1,1)SuperResK3K3(8,16,2,8,1)SuperResIDWE2K3(16,16,2,8,1)SuperConvK1BNRELU(16,32,1,1)',
    squeezeExcite: true,
  },
};

const NO_BF16 = 'this CPU has no bf16';

/** Starts the native engine; false if the CPU cannot compute in this precision. */
async function start(precision: Precision): Promise<boolean> {
  try {
    await loadEngine({ engine: 'onednn', threads: 1, precision });
    return true;
  } catch (error) {
    if (precision === 'bf16' && error instanceof EngineUnavailableError && error.code === 'cpu-unsupported')
      return false;
    throw error;
  }
}

describe('a training step and an evaluation run on native kernels alone', () => {
  after(() => start('f32'));

  for (const precision of ['f32', 'bf16'] as const) {
    for (const [name, architecture] of Object.entries(ARCHITECTURES)) {
      it(`${name} in ${precision}`, async (context) => {
        if (!(await start(precision))) return context.skip(NO_BF16);
        const input = { height: SIDE, width: SIDE, channels: 3 };
        const model = buildModel(architecture, { input, classes: CLASSES, rng: (stream) => createRng(5, stream) });
        const groups = decayGroups(model, 1e-4);
        const optimizers = [
          createOptimizer({ kind: 'sgd', momentum: 0.9, nesterov: true }, groups),
          createOptimizer({ kind: 'lars', momentum: 0.9, trust: 1e-3, epsilon: 1e-8 }, groups),
          createOptimizer({ kind: 'adamw', beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }, groups),
        ];
        const pixels = new Float32Array(BATCH * SIDE * SIDE * 3);
        createRng(6, 'images').fillNormal(pixels);
        const images = tf.tensor4d(pixels, [BATCH, SIDE, SIDE, 3]);
        const labels = tf.tensor1d([0, 2, 4, 2], 'int32');
        resetSlowPath();
        for (const optimizer of optimizers) {
          const { value, grads } = tf.variableGrads(() => {
            const targets = tf.cast(tf.oneHot(labels, CLASSES), 'float32');
            const logs = tf.logSoftmax(model.forward(images, true));
            return tf.neg(tf.mean<tf.Scalar>(tf.sum(tf.mul(logs, targets), -1)));
          });
          assert.ok(Number.isFinite(value.dataSync()[0]));
          optimizer.update(grads, 1e-3);
          tf.dispose([value, grads]);
        }
        tf.tidy(() => model.forward(images, false).dataSync());
        assert.deepEqual(Object.fromEntries(slowPath()), {}, 'kernels that ran on the plain path, by count');
        tf.dispose([images, labels]);
        for (const optimizer of optimizers) optimizer.dispose();
        model.dispose();
      });
    }
  }
});
