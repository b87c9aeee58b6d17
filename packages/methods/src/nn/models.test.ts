import '../testing/setup.ts';
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Architecture } from '@crucible/contracts';
import * as tf from '@tensorflow/tfjs-core';
import { createRng } from '../random/create-rng.ts';
import { gradientError } from '../testing/gradient.ts';
import { buildModel } from './build-model.ts';
import { heNormal } from './init.ts';
import { invertedResidual } from './inverted-residual.ts';
import { l2Normalise } from './l2-normalise.ts';
import { mlpHead } from './mlp-head.ts';
import { globalMax, pool } from './pool.ts';
import { squeezedWidth } from './structure/squeezed-width.ts';
import { unit } from './unit.ts';
import { Weights } from './weights.ts';

const rng = (name: string) => createRng(5, name);
const build = (architecture: Architecture, resolution: number, classes: number, channels = 3) =>
  buildModel(architecture, { input: { height: resolution, width: resolution, channels }, classes, rng });
const random = (shape: number[], name = 'x') => {
  const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
  createRng(6, name).fillNormal(values);
  return values;
};
const images = (...shape: [number, number, number, number]) => tf.tensor4d(random(shape), shape);

let before = 0;
beforeEach(() => {
  before = tf.memory().numTensors;
});
afterEach(() => assert.equal(tf.memory().numTensors, before));

const STRUCTURE =
  'SuperConvK3BNRELU(3,8,1,1)SuperResK3K3(8,16,2,8,1)SuperResIDWE2K3(16,16,2,8,1)SuperConvK1BNRELU(16,32,1,1)';

const SMALL: readonly { architecture: Architecture; stages: [string, number, number][]; embedding: number }[] = [
  {
    architecture: { kind: 'resnet', depth: 18, width: 4, stem: 'cifar' },
    stages: [
      ['stem', 8, 4],
      ['stage-1', 8, 4],
      ['stage-2', 4, 8],
      ['stage-3', 2, 16],
      ['stage-4', 1, 32],
    ],
    embedding: 32,
  },
  {
    architecture: { kind: 'resnet', depth: 50, width: 4, stem: 'imagenet' },
    stages: [
      ['stem', 2, 4],
      ['stage-1', 2, 16],
      ['stage-2', 1, 32],
      ['stage-3', 1, 64],
      ['stage-4', 1, 128],
    ],
    embedding: 128,
  },
  {
    architecture: { kind: 'structure', structure: STRUCTURE, squeezeExcite: true },
    stages: [
      ['block-1', 8, 8],
      ['block-2', 4, 16],
      ['block-3', 2, 16],
      ['block-4', 2, 32],
    ],
    embedding: 32,
  },
  {
    architecture: { kind: 'small-cnn', channels: [8, 16, 24], strides: [2, 1, 2] },
    stages: [
      ['conv-1', 4, 8],
      ['conv-2', 4, 16],
      ['conv-3', 2, 24],
    ],
    embedding: 24,
  },
  {
    architecture: { kind: 'mlp', hidden: [20, 12] },
    stages: [
      ['hidden-1', 1, 20],
      ['hidden-2', 1, 12],
    ],
    embedding: 12,
  },
];

describe('buildModel', () => {
  for (const { architecture, stages, embedding } of SMALL)
    it(`gives ${JSON.stringify(architecture).slice(0, 60)} named stages, an embedding and logits that agree`, () => {
      const network = build(architecture, 8, 5);
      const x = images(3, 8, 8, 3);
      tf.tidy(() => {
        const outputs = network.outputs(x, false);
        assert.deepEqual(
          Object.entries(outputs.stages).map(([name, map]) => [name, map.shape]),
          stages.map(([name, side, channels]) => [name, [3, side, side, channels]]),
        );
        assert.deepEqual(
          network.stages.map(({ name, size }) => [name, size]),
          stages.map(([name, side, channels]) => [name, { height: side, width: side, channels }]),
        );
        assert.deepEqual(outputs.embedding.shape, [3, embedding]);
        assert.equal(network.embeddingWidth, embedding);
        assert.deepEqual(outputs.logits.shape, [3, 5]);
        const logits = [...outputs.logits.dataSync()];
        assert.deepEqual([...network.forward(x, false).dataSync()], logits);
        assert.deepEqual([...network.classify(network.embed(x, false)).dataSync()], logits);
      });
      const counted = network.parameters.reduce((sum, { value }) => sum + value.size, 0);
      assert.equal(network.cost.params, counted);
      x.dispose();
      network.dispose();
    });

  it('counts 11.69 M and 25.56 M parameters, 1.81 and 4.09 G multiply-accumulates for ResNet-18 and -50 at 224', () => {
    for (const [depth, params, flops] of [
      [18, 11.69e6, 1.81e9],
      [50, 25.56e6, 4.09e9],
    ] as const) {
      const { cost, dispose } = build({ kind: 'resnet', depth, width: 64, stem: 'imagenet' }, 224, 1000);
      assert.ok(Math.abs(cost.params / params - 1) < 0.01, `${depth}: ${cost.params}`);
      assert.ok(Math.abs(cost.flops / flops - 1) < 0.01, `${depth}: ${cost.flops}`);
      dispose();
    }
  });

  it('counts the multiply-accumulates that a hook on the kernels sees', () => {
    for (const { architecture } of SMALL) {
      const network = build(architecture, 8, 5);
      const x = images(1, 8, 8, 3);
      const seen = tf.tidy(() => flopsOfKernels(() => network.forward(x, false)));
      assert.equal(network.cost.flops, seen, JSON.stringify(architecture));
      x.dispose();
      network.dispose();
    }
  });

  it('has the gradients that finite differences give', () => {
    for (const [architecture, names] of [
      [
        { kind: 'resnet', depth: 18, width: 2, stem: 'cifar' },
        ['stem/conv-1/kernel', 'stage-2/block-1/shortcut/kernel', 'stage-3/block-2/conv-2-norm/gamma', 'head/kernel'],
      ],
      [{ kind: 'mlp', hidden: [7] }, ['hidden-1/kernel', 'hidden-1/bias', 'head/bias']],
    ] as const) {
      const network = build(architecture as Architecture, 8, 3);
      const x = images(4, 8, 8, 3);
      const slopes = tf.tensor2d(random([4, 3], 'slopes'), [4, 3]);
      const loss = () => tf.tidy(() => tf.sum<tf.Scalar>(tf.mul(network.forward(x, true), slopes)));
      for (const name of names) {
        const parameter = network.parameters.find((candidate) => candidate.name === name);
        assert.ok(parameter, name);
        const error = gradientError(loss, parameter.value, Math.ceil(parameter.value.size / 6), 1e-3);
        assert.ok(error < 0.06, `${name}: ${error}`);
      }
      tf.dispose([x, slopes]);
      network.dispose();
    }
  });

  it('takes its first values from the seed alone, and refuses a structure for another number of channels', () => {
    const values = () => {
      const network = build({ kind: 'resnet', depth: 18, width: 2, stem: 'cifar' }, 8, 3);
      const all = network.parameters.map(({ value }) => [...value.dataSync()]);
      network.dispose();
      return all;
    };
    assert.deepEqual(values(), values());
    const structure: Architecture = { kind: 'structure', structure: STRUCTURE, squeezeExcite: false };
    assert.throws(() => build(structure, 8, 3, 1), /model.structure takes 3 channels, the images have 1/);
  });
});

describe('invertedResidual', () => {
  it('expands, filters by channel and reduces, with a link where shapes agree and no activation at the end', () => {
    const linked = invertedResidual({ in: 4, out: 4, stride: 1, kernel: 3, expansion: 6, squeezeExcite: true });
    assert.deepEqual(
      linked.layers.map(({ in: input, out, depthwise }) => [input, out, depthwise]),
      [
        [4, 24, false],
        [24, 24, true],
        [24, 4, false],
      ],
    );
    assert.deepEqual([linked.shortcut, linked.squeezeAfter], ['identity', 1]);
    const strided = invertedResidual({ in: 4, out: 8, stride: 2, kernel: 5, expansion: 1, squeezeExcite: false });
    assert.deepEqual([strided.layers.length, strided.shortcut, strided.squeezeAfter], [2, 'none', null]);
    const weights = new Weights(rng);
    const layer = unit(weights, 'u', linked, {
      norm: { epsilon: 1e-5, momentum: 0.1 },
      init: heNormal(),
      activation: 'relu6',
      lastActivation: 'none',
      zeroLastGamma: true,
      projectionBias: false,
      squeezedWidth,
    });
    const x = random([2, 5, 5, 4]);
    // the last gamma is zero: the block begins as its shortcut, negative values and all
    const y = tf.tidy(() => layer.forward(tf.tensor4d(x, [2, 5, 5, 4]), true).dataSync());
    assert.deepEqual([...y], [...x]);
    weights.dispose();
  });
});

describe('pool', () => {
  it('takes maximum and mean over the window, what lies outside apart', () => {
    const x = random([1, 5, 5, 2]);
    const inWindow = (y: number, z: number, c: number): number[] => {
      const values: number[] = [];
      for (let i = 0; i < 3; i++)
        for (let j = 0; j < 3; j++) {
          const [r, s] = [2 * y + i - 1, 2 * z + j - 1];
          if (r >= 0 && s >= 0 && r < 5 && s < 5) values.push(x[(r * 5 + s) * 2 + c] as number);
        }
      return values;
    };
    for (const kind of ['max', 'average'] as const) {
      const layer = pool({ kind, window: 3, stride: 2, pad: 1 });
      assert.deepEqual(layer.measure({ height: 5, width: 5, channels: 2 }).size, { height: 3, width: 3, channels: 2 });
      const y = tf.tidy(() => layer.forward(tf.tensor4d(x, [1, 5, 5, 2]), false).dataSync());
      y.forEach((value, i) => {
        const values = inWindow(Math.floor(i / 6), Math.floor(i / 2) % 3, i % 2);
        const expected = kind === 'max' ? Math.max(...values) : values.reduce((a, b) => a + b, 0) / values.length;
        assert.ok(Math.abs(value - expected) < 1e-6, `${kind} ${i}: ${value} ${expected}`);
      });
    }
    const top = tf.tidy(() => globalMax(tf.tensor4d(x, [1, 5, 5, 2])).dataSync());
    assert.equal(top[1], Math.max(...x.filter((_, i) => i % 2 === 1)));
  });
});

describe('mlpHead', () => {
  it('is linear layers with normalisation and ReLU between them', () => {
    const weights = new Weights(rng);
    const norm = { epsilon: 1e-5, momentum: 0.1 };
    const head = mlpHead(weights, 'projection', { widths: [6, 5, 3], norm, lastNorm: false });
    const x = random([7, 6]);
    const y = tf.tidy(() => [...head.forward(tf.tensor2d(x, [7, 6]), true).dataSync()]);
    const value = (name: string) =>
      weights.parameters.find((parameter) => parameter.name === `projection/${name}`)?.value.dataSync() ?? [];
    const times = (rows: number[][], matrix: ArrayLike<number>, width: number) =>
      rows.map((row) =>
        Array.from({ length: width }, (_, j) => row.reduce((sum, v, i) => sum + v * (matrix[i * width + j] ?? 0), 0)),
      );
    const rows = Array.from({ length: 7 }, (_, b) => [...x.subarray(6 * b, 6 * b + 6)]);
    const hidden = times(rows, value('linear-1/kernel'), 5);
    const normalised = hidden.map((row) =>
      row.map((v, j) => {
        const column = hidden.map((other) => other[j] ?? 0);
        const mean = column.reduce((a, b) => a + b, 0) / 7;
        const variance = column.reduce((a, b) => a + (b - mean) ** 2, 0) / 7;
        return Math.max(0, (v - mean) / Math.sqrt(variance + 1e-5));
      }),
    );
    const expected = times(normalised, value('linear-2/kernel'), 3).flat();
    for (const [i, v] of expected.entries()) assert.ok(Math.abs(v - (y[i] ?? 0)) < 1e-4, `${i}: ${v} ${y[i]}`);
    assert.equal(
      head.cost.params,
      weights.parameters.reduce((sum, parameter) => sum + parameter.value.size, 0),
    );
    weights.dispose();
  });
});

describe('l2Normalise', () => {
  it('gives rows of length one, keeps a zero row, and has the gradient that finite differences give', () => {
    const rows = tf.tidy(() => tf.variable(tf.tensor2d([3, -4, 0, 0, 1e-3, 2e-3], [3, 2])));
    const y = tf.tidy(() => [...l2Normalise(rows as unknown as tf.Tensor2D).dataSync()]);
    [0.6, -0.8, 0, 0, 1 / Math.sqrt(5), 2 / Math.sqrt(5)].forEach((expected, i) => {
      assert.ok(Math.abs((y[i] ?? 0) - expected) < 1e-6);
    });
    rows.dispose();
    const x = tf.tidy(() => tf.variable(tf.tensor2d(random([3, 4]), [3, 4])));
    const slopes = tf.tensor2d(random([3, 4], 'slopes'), [3, 4]);
    const loss = () => tf.tidy(() => tf.sum<tf.Scalar>(tf.mul(l2Normalise(x as unknown as tf.Tensor2D), slopes)));
    assert.ok(gradientError(loss, x, 1, 1e-2) < 1e-2);
    tf.dispose([x, slopes]);
  });
});

/** Multiply-accumulates of the convolutions and matrix products that `run` asks the engine for. */
function flopsOfKernels(run: () => tf.Tensor): number {
  let flops = 0;
  const engine = tf.engine();
  const original = engine.runKernel;
  engine.runKernel = ((name, inputs, attrs) => {
    const result = original.call(engine, name, inputs, attrs);
    const { filter, a, b } = inputs as Record<string, tf.Tensor | undefined>;
    const out = result as unknown as tf.Tensor;
    if ((name === tf.Conv2D || name === 'CrucibleConvBiasAct') && filter !== undefined)
      flops += out.size * (filter.size / (filter.shape[3] ?? 1));
    if (name === tf.DepthwiseConv2dNative && filter !== undefined)
      flops += out.size * ((filter.shape[0] ?? 1) * (filter.shape[1] ?? 1));
    const { x, weights } = inputs as Record<string, tf.Tensor | undefined>;
    if (name === 'CrucibleDenseAct' && x !== undefined && weights !== undefined)
      flops += (x.shape[0] ?? 0) * weights.size;
    if (name === tf.BatchMatMul && a !== undefined && b !== undefined) flops += out.size * (a.shape.at(-1) ?? 1);
    return result;
  }) as typeof original;
  try {
    run();
  } finally {
    engine.runKernel = original;
  }
  return flops;
}
