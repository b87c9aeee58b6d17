import { parseStructure, type SuperBlock, superBlocks } from '@crucible/contracts';
import '../testing/setup.ts';
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { expand } from '../nn/structure/expand.ts';
import { splitDeepBlocks } from '../nn/structure/split.ts';
import { createRng } from '../random/create-rng.ts';
import { resnetStack } from './plain-stack.ts';
import { type ScoreMode, type ScoreOptions, zenScore } from './score.ts';
import { type NormalSource, streamSource } from './score-source.ts';

const blocksOf = (text: string) => superBlocks(parseStructure(text));
const convs = (blocks: readonly SuperBlock[]) =>
  expand(blocks, { residuals: false, squeezeExcite: false }).flatMap(({ layers }) => layers);

/** The generator of the worked example: 32-bit congruential, one Gaussian from two uniforms. */
const congruentialNormals = (seed: number) => {
  let x = seed;
  const uniform = () => {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    return (x + 0.5) / 2 ** 32;
  };
  return () => {
    const a = uniform();
    return Math.sqrt(-2 * Math.log(a)) * Math.cos(2 * Math.PI * uniform());
  };
};

/** Numbers in the published order (out, in, row, column; then sample, channel, row, column), laid out for tfjs. */
const publishedSource = (blocks: readonly SuperBlock[], batch: number, resolution: number, seed: number) => {
  const normal = congruentialNormals(seed);
  const kernels = convs(blocks).map(({ in: input, out, kernel, depthwise }) => {
    const perGroup = depthwise ? 1 : input;
    const oihw = Array.from({ length: out * perGroup * kernel * kernel }, normal);
    const hwio = new Float32Array(oihw.length);
    let at = 0;
    for (let o = 0; o < out; o++)
      for (let i = 0; i < perGroup; i++)
        for (let place = 0; place < kernel * kernel; place++)
          hwio[(place * perGroup + i) * out + o] = oihw[at++] as number; // depth-wise [k, k, c, 1] lies the same way
    return hwio;
  });
  const channels = blocks[0]?.in ?? 0;
  const pixels = resolution * resolution;
  const images = () => {
    const nhwc = new Float32Array(batch * pixels * channels);
    for (let b = 0; b < batch; b++)
      for (let c = 0; c < channels; c++)
        for (let p = 0; p < pixels; p++) nhwc[(b * pixels + p) * channels + c] = normal();
    return nhwc;
  };
  const [input, noise] = [images(), images()];
  const source: NormalSource = {
    weights: (layer, shape) => tf.tensor4d(kernels[layer] as Float32Array, [...shape]),
    images: (shape, alpha) => ({
      clean: tf.tensor4d(input, [...shape]),
      changed: tf.tidy(() => tf.add(tf.tensor4d(input, [...shape]), tf.mul(tf.tensor4d(noise, [...shape]), alpha))),
    }),
  };
  return source;
};

const EXAMPLE = 'SuperConvK3BNRELU(3,8,1,1)SuperResK3K3(8,16,1,8,1)SuperConvK1BNRELU(16,32,1,1)';
const exampleOptions = (mode: ScoreMode): ScoreOptions => ({ mode, alpha: 0.01, batchSize: 4, resolution: 16 });
const near = (value: number, want: number, tolerance: number, what = '') =>
  assert.ok(Math.abs(value - want) <= tolerance, `${what} want ${want}, got ${value}`);

/** Multiplies what comes out of a source; `order` reorders the samples of the batch. */
const changed = (
  source: NormalSource,
  { weights = 1, images = 1, order }: { weights?: number; images?: number; order?: readonly number[] },
): NormalSource => {
  return {
    weights: (layer, shape) => tf.mul(source.weights(layer, shape), weights),
    images: async (shape, alpha) => {
      const pair = await source.images(shape, alpha);
      const change = (x: tf.Tensor4D) =>
        tf.tidy(() => {
          const scaled = tf.mul<tf.Tensor4D>(x, images);
          return order === undefined ? scaled : tf.gather(scaled, tf.tensor1d([...order], 'int32'));
        });
      const changedPair = { clean: change(pair.clean), changed: change(pair.changed) };
      tf.dispose([pair.clean, pair.changed]);
      return changedPair;
    },
  };
};

const sourceOf = (seed: number, structure: string, repeat: number): NormalSource =>
  streamSource((part) => createRng(seed, `zen-score/${structure}/${repeat}/${part}`));

describe('zenScore', async () => {
  let tensors = 0;
  before(() => {
    tensors = tf.memory().numTensors;
  });
  after(() => assert.equal(tf.memory().numTensors, tensors));

  it('draws the numbers of the worked example', () => {
    const normal = congruentialNormals(12345);
    for (const want of [2.77494684, -0.73115727, 0.33025969, -1.13016826]) near(normal(), want, 5e-9);
  });

  for (const [mode, score, difference, scale] of [
    ['paper', 9.541273, 3.95902, 5.582253],
    ['paper_fro', 5.641052, 0.058799, 5.582253],
    ['repo', 6.767768, 3.95902, 2.808748],
  ] as const)
    it(`gives the worked example ${score} in mode ${mode}`, async () => {
      const blocks = blocksOf(EXAMPLE);
      const result = await zenScore(blocks, exampleOptions(mode), publishedSource(blocks, 4, 16, 12345));
      near(result.score, score, 1e-4, 'score');
      near(result.difference, difference, 1e-4, 'difference');
      near(result.scale, scale, 1e-4, 'scale');
    });

  const blocks = blocksOf('SuperConvK3BNRELU(1,8,2,1)SuperResK1K3K1(8,16,1,8,1)SuperConvK1BNRELU(16,16,1,1)');
  const options: ScoreOptions = { mode: 'paper', alpha: 0.01, batchSize: 4, resolution: 8 };
  const source = sourceOf(1, 'net', 0);
  const score = (await zenScore(blocks, options, source)).score;

  it('grows by ln s for every convolution when all weights are multiplied by s', async () => {
    const count = convs(blocks).length;
    for (const [s, tolerance] of [
      [3, 2e-3],
      [0.5, 4e-3],
    ] as const)
      near(
        (await zenScore(blocks, options, changed(source, { weights: s }))).score,
        score + count * Math.log(s),
        tolerance,
      );
  });

  it('grows by ln s when input and change are multiplied by s', async () => {
    near((await zenScore(blocks, options, changed(source, { images: 2 }))).score, score + Math.LN2, 1e-3);
  });

  it('does not change when the samples are permuted', async () => {
    near((await zenScore(blocks, options, changed(source, { order: [2, 0, 3, 1] }))).score, score, 1e-5);
  });

  it('gives a split block the score of the whole one for the same draws', async () => {
    const whole = blocksOf('SuperConvK3BNRELU(1,8,2,1)SuperResK3K3(8,8,2,8,6)');
    const split = splitDeepBlocks(whole, 6);
    assert.equal(split.length, 3);
    assert.deepEqual(await zenScore(split, options, source), await zenScore(whole, options, source));
  });

  it('gives the same bits again, others for another repeat, structure or seed', async () => {
    const draw = async (seed: number, structure: string, repeat: number) =>
      (await zenScore(blocks, options, sourceOf(seed, structure, repeat))).score;
    assert.equal(await draw(1, 'net', 0), score);
    const others = [await draw(1, 'net', 1), await draw(1, 'other', 0), await draw(2, 'net', 0)];
    assert.equal(new Set([score, ...others]).size, 4);
  });

  it('is at most as large in mode repo, and up to ln(1 / 0.19) / 2 per layer smaller', async () => {
    const deep = blocksOf('SuperConvK3BNRELU(1,16,2,1)SuperResK3K3(16,16,1,16,3)');
    const paper = (await zenScore(deep, options, source)).score;
    const repo = (await zenScore(deep, { ...options, mode: 'repo' }, source)).score;
    const perLayer = (paper - repo) / convs(deep).length;
    assert.ok(perLayer > 0.6 && perLayer < 0.84, `${perLayer}`);
  });

  const meanScore = async (text: string, changes: Partial<ScoreOptions> = {}, repeats = 4) => {
    const net = blocksOf(text);
    let sum = 0;
    for (let repeat = 0; repeat < repeats; repeat++)
      sum += (await zenScore(net, { ...options, ...changes }, sourceOf(2, text, repeat))).score;
    return sum / repeats;
  };

  it('grows with ln alpha while alpha is small', async () => {
    const at = async (alpha: number) => (await zenScore(blocks, { ...options, alpha }, source)).score - Math.log(alpha);
    near(await at(1e-2), await at(1e-3), 0.05);
  });

  it('grows by about 4.92 for each further 32-wide K3K3 layer', async () => {
    const at = (layers: number) =>
      meanScore(`SuperConvK3BNRELU(1,32,1,1)SuperResK3K3(32,32,1,32,${layers})`, { batchSize: 2, resolution: 12 });
    near(((await at(3)) - (await at(1))) / 2, 4.92, 0.25);
  });

  it('grows by about ln 2 when the last layer is twice as wide', async () => {
    const at = (width: number) =>
      meanScore(`SuperConvK3BNRELU(1,16,2,1)SuperConvK1BNRELU(16,${width},1,1)`, { resolution: 16 });
    near((await at(128)) - (await at(64)), Math.LN2, 0.06);
  });

  it('scores depth-wise blocks and odd sizes', async () => {
    const net = blocksOf('SuperConvK3BNRELU(1,8,2,1)SuperResIDWE2K5(8,16,2,8,1)');
    const result = await zenScore(net, { ...options, resolution: 7 }, source);
    assert.ok(Number.isFinite(result.score) && result.score > 0, `${result.score}`);
  });
});

describe('resnetStack', () => {
  it('has a layer per convolution outside the shortcuts, and pools behind the stem of ImageNet', () => {
    for (const [depth, numLayers] of [
      [18, 17],
      [34, 33],
      [50, 49],
      [101, 100],
      [152, 151],
    ] as const) {
      const { layers } = resnetStack({ depth, width: 8, stem: 'imagenet' }, 3);
      assert.equal(layers.length, numLayers);
      assert.deepEqual([layers[0]?.in, layers[0]?.kernel, layers[0]?.maxPool], [3, 7, true]);
    }
  });

  it('is scored like a structure', async () => {
    const options: ScoreOptions = { mode: 'paper', alpha: 0.01, batchSize: 2, resolution: 16 };
    const stack = resnetStack({ depth: 18, width: 4, stem: 'imagenet' }, 1);
    const { score, difference, scale } = await zenScore(stack, options, sourceOf(3, 'resnet', 0));
    assert.ok(Number.isFinite(score) && scale > 0, `${score}`);
    assert.equal(score, difference + scale);
  });
});
