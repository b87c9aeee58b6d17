import '../../testing/setup.ts';
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { parseStructure, superBlocks } from '@crucible/contracts';
import * as tf from '@tensorflow/tfjs-core';
import { createRng } from '../../random/create-rng.ts';
import { gradNorm } from './grad-norm.ts';
import { logDeterminant, naswot } from './naswot.ts';
import { phi } from './phi.ts';
import { convolve, plainNetwork, variablesOf } from './plain-network.ts';
import { PROXIES } from './proxies.ts';
import { normalImages } from './proxy-input.ts';
import { synflow } from './synflow.ts';
import { conditionOf, linearRegions, tangentKernelCondition, teNas } from './te-nas.ts';

const TINY = 'SuperConvK3BNRELU(1,2,2,1)SuperResK3K3(2,3,1,2,1)';
const inputOf = (structure: string, over: { batchSize?: number; resolution?: number; seed?: number } = {}) => ({
  blocks: superBlocks(parseStructure(structure)),
  batchSize: 4,
  resolution: 4,
  classes: 3,
  rng: (part: string) => createRng(over.seed ?? 5, `${structure}/${part}`),
  ...over,
});
const near = (actual: number, wanted: number, relative: number) =>
  assert.ok(Math.abs(actual - wanted) <= relative * Math.abs(wanted), `${actual} is not ${wanted}`);

/** Central differences of `value` in every entry of a variable. */
const differences = (variable: tf.Variable, value: () => number, step: number): number[] => {
  const before = variable.dataSync().slice();
  const at = (i: number, change: number): number => {
    const changed = before.slice();
    changed[i] = (changed[i] as number) + change;
    const tensor = tf.tensor(changed, variable.shape);
    variable.assign(tensor);
    tensor.dispose();
    return value();
  };
  const found = Array.from(before, (_, i) => (at(i, step) - at(i, -step)) / (2 * step));
  at(0, 0);
  return found;
};
const numberOf = (compute: () => tf.Tensor): number => tf.tidy(() => compute().dataSync()[0] as number);

let numTensors = 0;
before(() => {
  numTensors = tf.memory().numTensors;
});
after(() => assert.equal(tf.memory().numTensors, numTensors, 'a proxy keeps tensors'));

describe('gradNorm', () => {
  it('is the norm of the gradient that differences give', async () => {
    const input = inputOf(TINY);
    const network = plainNetwork(input.blocks, input.classes, 'normal', input.rng);
    const stream = input.rng('labels');
    const labels = Array.from({ length: input.batchSize }, () => stream.below(input.classes));
    const loss = () =>
      numberOf(() => {
        const logs = tf.logSoftmax(network.forward(normalImages(input))).arraySync() as number[][];
        return tf.scalar(-labels.reduce((sum, label, i) => sum + (logs[i]?.[label] ?? 0), 0) / labels.length);
      });
    const squares = variablesOf(network)
      .flatMap((variable) => differences(variable, loss, 1e-2))
      .reduce((sum, slope) => sum + slope ** 2, 0);
    network.dispose();
    near(await gradNorm(input), Math.sqrt(squares), 0.02);
  });
});

describe('synflow', () => {
  it('is minus what changes of each weight by its own size move the logits, averaged over outputs', async () => {
    const input = inputOf(TINY);
    const network = plainNetwork(input.blocks, input.classes, 'absolute-normal', input.rng);
    const ones = tf.ones<tf.Rank.R4>([1, 4, 4, 1]);
    const sum = () => numberOf(() => tf.sum(network.forward(ones)));
    const flow = (variable: tf.Variable): number => {
      const weights = variable.dataSync().slice();
      return differences(variable, sum, 1e-2).reduce(
        (total, slope, i) => total + Math.abs(slope * (weights[i] ?? 0)),
        0,
      );
    };
    const layers = network.layers.reduce((total, { kernel, spec }) => total + flow(kernel) / spec.out, 0);
    const wanted = -(layers + flow(network.weights) / input.classes);
    network.dispose();
    ones.dispose();
    near(await synflow(input), wanted, 0.03);
  });
});

describe('tangentKernelCondition', () => {
  it('is minus the ratio of the eigenvalues of the kernel that differences give', async () => {
    const input = inputOf(TINY, { batchSize: 2 });
    const network = plainNetwork(input.blocks, input.classes, 'kaiming-uniform', input.rng);
    const weights = [...network.layers.flatMap(({ kernel, gamma }) => [kernel, gamma]), network.weights];
    const rows = [0, 1].map((image) => {
      const ofImage = () => numberOf(() => tf.sum(tf.slice(network.forward(normalImages(input)), [image, 0], [1, -1])));
      return weights.flatMap((variable) => differences(variable, ofImage, 1e-2));
    });
    network.dispose();
    const dot = (a = 0, b = 0) => (rows[a] ?? []).reduce((sum, value, i) => sum + value * (rows[b]?.[i] ?? 0), 0);
    const [a, b, c] = [dot(0, 0), dot(0, 1), dot(1, 1)];
    const spread = Math.sqrt(((a - c) / 2) ** 2 + b ** 2);
    near(await tangentKernelCondition(input), -((a + c) / 2 + spread) / ((a + c) / 2 - spread), 0.05);
  });

  it('knows the condition of a matrix with known eigenvalues', () => {
    near(
      conditionOf([
        [2, 1],
        [1, 2],
      ]),
      3,
      1e-12,
    );
    assert.equal(
      conditionOf([
        [1, 1],
        [1, 1],
      ]) > 1e12,
      true,
    );
  });
});

describe('the codes of the ReLUs', () => {
  // one pixel, one unit: batch normalisation puts images on both sides of zero, so that there are two patterns
  const single = (batchSize: number) => inputOf('SuperConvK1BNRELU(1,1,1,1)', { batchSize, resolution: 1 });

  it('split a line in two regions', async () => {
    assert.equal(await linearRegions(single(16)), 2);
  });

  it('give NASWOT a unit kernel for two images and a singular one for three', async () => {
    near(1 + (await naswot(single(2))), 1, 1e-9);
    assert.equal(await naswot(single(3)), Number.NEGATIVE_INFINITY);
  });

  it('have the determinant that elimination gives', () => {
    near(
      logDeterminant([
        [4, 2, 1],
        [2, 5, 3],
        [1, 3, 6],
      ]),
      Math.log(67),
      1e-12,
    );
  });

  it('make TE-NAS the regions less the condition', async () => {
    const input = inputOf(TINY);
    near(await teNas(input), (await linearRegions(input)) + (await tangentKernelCondition(input)), 1e-6);
  });
});

describe('phi', () => {
  it('is the change of the output over the change of the input, without batch normalisation', async () => {
    const input = { ...inputOf(TINY), alpha: 0.01 };
    const network = plainNetwork(input.blocks, input.classes, 'normal', input.rng);
    const output = (x: tf.Tensor4D) => network.layers.reduce((y, layer) => tf.relu(convolve(y, layer)), x);
    const direct = numberOf(() => {
      const x = normalImages(input);
      const noise = normalImages({ ...input, rng: () => input.rng('noise') });
      const change = tf.sub(output(tf.add(x, tf.mul(noise, 0.01))), output(x));
      return tf.log(tf.div(tf.mean(tf.sqrt(tf.sum(tf.square(change), [1, 2, 3]))), 0.01));
    });
    network.dispose();
    near(await phi(input), direct, 1e-3);
  });

  it('does not overflow where float32 would', async () => {
    const deep = inputOf(`SuperConvK3BNRELU(1,16,1,1)SuperResK3K3(16,16,1,16,40)`, { batchSize: 2 });
    const score = await phi({ ...deep, alpha: 0.01 });
    assert.ok(Number.isFinite(score) && score > Math.log(3.4e38), `${score}`);
  });
});

describe('every proxy', () => {
  for (const [name, proxy] of Object.entries(PROXIES))
    it(`${name} repeats itself for a seed`, async () => {
      const input = { ...inputOf(TINY), mode: 'paper', alpha: 0.01 } as const;
      const score = await proxy(input);
      assert.ok(Number.isFinite(score), `${score}`);
      assert.equal(await proxy(input), score);
    });
});
