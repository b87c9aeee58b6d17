import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { runningOneDnn } from '../engine.ts';
import { engineMemory } from '../memory.ts';
import { resetSlowPath, slowPath } from '../slow-path.ts';
import { gradientFaults } from '../testing/finite-differences.ts';
import { errorAgainstCpu, relativeError, runOn, startNative } from '../testing/on-backend.ts';
import { type TestArray, TestRandom, toTensor } from '../testing/random-tensor.ts';
import { batchNormTrain } from './batch-norm-train.ts';
import { type ConvNormTrainOptions, convNormTrain } from './conv-norm-train.ts';

type ConvNorm = typeof convNormTrain;

/** The same from two ops, which no engine fuses. */
const inParts: ConvNorm = (x, filter, gamma, beta, { strides = 1, pad = 'same', depthwise, ...norm } = {}) => {
  const z = depthwise ? tf.depthwiseConv2d(x, filter, strides, pad) : tf.conv2d(x, filter, strides, pad);
  return batchNormTrain(z, gamma, beta, norm);
};

interface Block {
  readonly images: number;
  readonly size: readonly [number, number];
  readonly channels: readonly [inside: number, outside: number];
  readonly kernel: number;
  readonly strides: number;
  readonly activation: NonNullable<ConvNormTrainOptions['activation']>;
}

const inputsOf = ({ images, size, channels: [inside, outside], kernel }: Block): TestArray[] => {
  const random = new TestRandom(5);
  const shapes = [
    [images, ...size, inside],
    [kernel, kernel, inside, 1],
    [1, 1, inside, outside],
    [1, 1, outside, inside],
  ];
  const perChannel = [inside, outside, inside].flatMap((channels) => [[channels], [channels]]);
  return [...shapes, ...perChannel].map((shape) => random.array(shape));
};

/** A depthwise and two pointwise layers, the last one with what the second one read as residual. */
const blockOf =
  (op: ConvNorm, { strides, activation }: Block) =>
  (...inputs: tf.Tensor[]): tf.Tensor => {
    const [x, depthwise, up, down] = inputs as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
    const [g1, b1, g2, b2, g3, b3] = inputs.slice(4) as [
      ...[tf.Tensor1D, tf.Tensor1D, tf.Tensor1D],
      ...[tf.Tensor1D, tf.Tensor1D, tf.Tensor1D],
    ];
    // scaled so that relu6 has something to cut
    const inner = op(x, depthwise, tf.mul(g1, 4), b1, { strides, depthwise: true, activation });
    // without an activation the next normalisation would cancel what beta adds
    const wide = op(inner, up, g2, b2, { activation: activation === 'none' ? 'relu' : activation });
    return op(wide, down, g3, b3, { activation, residual: inner });
  };

/** Weighted so that normalisation does not cancel the gradients. */
const weighed = (y: tf.Tensor): tf.Tensor => {
  const weights = tf.tidy(() => tf.reshape(tf.cos(tf.range(0, y.size)), y.shape));
  return tf.sum(tf.mul(y, weights));
};

const gradientsOf = (op: ConvNorm, block: Block) => {
  const loss = (...inputs: tf.Tensor[]) => weighed(blockOf(op, block)(...inputs));
  const gradients = tf.grads(loss);
  return (...inputs: tf.Tensor[]) => [blockOf(op, block)(...inputs), ...gradients(inputs)];
};

const BLOCKS: readonly Block[] = [
  { images: 2, size: [5, 4], channels: [3, 7], kernel: 3, strides: 1, activation: 'none' },
  { images: 3, size: [6, 7], channels: [16, 24], kernel: 3, strides: 2, activation: 'relu' },
  { images: 2, size: [7, 5], channels: [20, 33], kernel: 5, strides: 1, activation: 'relu6' },
  { images: 1, size: [9, 9], channels: [61, 8], kernel: 3, strides: 2, activation: 'relu' },
];

/** Several chunks, the last one of fewer images, spread over threads. */
const LARGE: readonly Block[] = [
  { images: 7, size: [32, 32], channels: [32, 64], kernel: 3, strides: 1, activation: 'relu' },
  { images: 27, size: [16, 16], channels: [48, 40], kernel: 3, strides: 2, activation: 'relu6' },
];

describe('convNormTrain', () => {
  before(() => startNative());

  for (const block of BLOCKS) {
    it(`gives the same output and gradients fused and on the plain engine: ${JSON.stringify(block)}`, async () => {
      resetSlowPath();
      const error = await errorAgainstCpu(gradientsOf(convNormTrain, block), inputsOf(block));
      assert.ok(error < 1e-4, `error ${error}`);
      const own = [...slowPath().keys()].filter((name) => !['Cos', 'Range'].includes(name));
      assert.deepEqual(own, [], 'kernels that ran on the plain path');
    });
  }

  for (const threads of [1, 2]) {
    for (const block of LARGE) {
      it(`gives the same as its two parts, in chunks on ${threads} thread(s): ${JSON.stringify(block)}`, async () => {
        await startNative(threads);
        const inputs = inputsOf(block);
        const expected = await runOn('onednn', gradientsOf(inParts, block), inputs);
        const actual = await runOn('onednn', gradientsOf(convNormTrain, block), inputs);
        const again = await runOn('onednn', gradientsOf(convNormTrain, block), inputs);
        assert.equal(actual.length, expected.length);
        for (const [at, result] of actual.entries()) {
          const error = relativeError(result, expected[at] ?? result);
          assert.ok(error < 1e-4, `result ${at}: error ${error}`);
          assert.deepEqual(again[at]?.values, result.values, `result ${at} repeats bit by bit`);
        }
      });
    }
  }

  for (const depthwise of [true, false]) {
    for (const activation of ['none', 'relu'] as const) {
      it(`has gradients that finite differences confirm: ${depthwise ? 'depthwise' : 'pointwise'}, ${activation}`, async () => {
        const random = new TestRandom(11);
        const filterShape = depthwise ? [3, 3, 2, 1] : [1, 1, 2, 2];
        const inputs = [[2, 3, 3, 2], filterShape, [2], [2], [2, 3, 3, 2]].map((shape) => random.array(shape));
        const loss = (...tensors: tf.Tensor[]) => {
          const [x, filter, gamma, beta, residual] = tensors as [
            ...[tf.Tensor4D, tf.Tensor4D],
            ...[tf.Tensor1D, tf.Tensor1D, tf.Tensor4D],
          ];
          const y = convNormTrain(x, filter, gamma, beta, { depthwise, activation, residual });
          return tf.add(weighed(y), weighed(convNormTrain(x, filter, gamma, beta, { depthwise })));
        };
        assert.deepEqual(await gradientFaults(loss, inputs, 3e-2), []);
      });
    }
  }

  it('counts every use of an output, whoever reads it and in whatever form', async () => {
    const random = new TestRandom(9);
    const inputs = [[2, 6, 6, 16], [1, 1, 16, 16], [1, 1, 16, 16], [3, 3, 16, 32], [16], [16]].map((shape) =>
      random.array(shape),
    );
    const loss =
      (op: ConvNorm) =>
      (...tensors: tf.Tensor[]) => {
        const [x, first, second, third] = tensors as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
        const [gamma, beta] = tensors.slice(4) as [tf.Tensor1D, tf.Tensor1D];
        const y = op(x, first, gamma, beta, { activation: 'relu' });
        const readTwice = op(y, second, gamma, beta, { activation: 'relu', residual: y });
        const plain = tf.conv2d(y, third, 1, 'same');
        const reshaped = tf.mul(tf.reshape(y, [2, 36 * 16]), tf.reshape(readTwice, [2, 36 * 16]));
        return tf.add(weighed(plain), tf.add(weighed(reshaped), weighed(tf.square(y))));
      };
    const gradients = (op: ConvNorm) => {
      const of = tf.grads(loss(op));
      return (...tensors: tf.Tensor[]) => of(tensors);
    };
    const error = await errorAgainstCpu(gradients(convNormTrain), inputs);
    assert.ok(error < 1e-4, `error ${error}`);
  });

  it('goes in parts where the data is blocked, with the same result', async () => {
    const random = new TestRandom(13);
    const inputs = [[4, 16, 16, 32], [3, 3, 32, 32], [1, 1, 32, 32], [32], [32]].map((shape) => random.array(shape));
    const loss =
      (op: ConvNorm) =>
      (...tensors: tf.Tensor[]) => {
        const [x, full, pointwise] = tensors as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
        const [gamma, beta] = tensors.slice(3) as [tf.Tensor1D, tf.Tensor1D];
        const blocked = op(x, full, gamma, beta, { activation: 'relu' });
        assert.ok(runningOneDnn()?.isBlocked(blocked), 'Winograd gave a blocked tensor');
        return weighed(op(blocked, pointwise, gamma, beta, { activation: 'relu', residual: blocked }));
      };
    const of = (op: ConvNorm) => {
      const gradients = tf.grads(loss(op));
      return (...tensors: tf.Tensor[]) => gradients(tensors);
    };
    const expected = await runOn('onednn', of(inParts), inputs);
    const actual = await runOn('onednn', of(convNormTrain), inputs);
    for (const [at, result] of actual.entries()) {
      const error = relativeError(result, expected[at] ?? result);
      assert.ok(error < 1e-4, `result ${at}: error ${error}`);
    }
  });

  for (const [name, kernel, size] of [
    ['blocked', 3, 16],
    ['strided, row-major', 5, 9],
  ] as const) {
    it(`normalises in place where no gradient is asked for: ${name}`, async () => {
      const random = new TestRandom(17);
      const shapes = [[3, size, size, 32], [kernel, kernel, 32, 32], [3, 3, 32, 32], [32], [32]];
      const inputs = shapes.map((shape) => random.array(shape));
      const run = (op: ConvNorm) =>
        runOn(
          'onednn',
          (...tensors) => {
            const [x, first, second] = tensors as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
            const [gamma, beta] = tensors.slice(3) as [tf.Tensor1D, tf.Tensor1D];
            const [mean, variance] = [tf.variable(tf.zeros([32]), false), tf.variable(tf.zeros([32]), false)];
            const moving = { mean, variance, momentum: 0.5 };
            const y = op(x, first, gamma, beta, { activation: 'relu', strides: kernel === 3 ? 1 : 2, moving });
            const results = [
              y,
              op(y, second, gamma, beta, { activation: 'relu6', residual: y }),
              tf.mul(mean, variance),
            ];
            tf.dispose([mean, variance]);
            return results;
          },
          inputs,
        );
      const [expected, actual] = [await run(inParts), await run(convNormTrain)];
      for (const [at, result] of actual.entries()) {
        const error = relativeError(result, expected[at] ?? result);
        assert.ok(error < 1e-5, `result ${at}: error ${error}`);
      }
    });
  }

  it('leaves no tensor and no buffer behind', async () => {
    await startNative();
    const [block = BLOCKS[0] as Block] = BLOCKS.slice(1);
    const inputs = inputsOf(block).map(toTensor);
    const step = () => tf.tidy(() => gradientsOf(convNormTrain, block)(...inputs).map((result) => result.dataSync()));
    step();
    const { numTensors, lentBytes } = engineMemory();
    for (let round = 0; round < 3; round += 1) step();
    assert.deepEqual([engineMemory().numTensors, engineMemory().lentBytes], [numTensors, lentBytes]);
    tf.dispose(inputs);
  });

  it('updates the running averages as its parts do', async () => {
    const block = BLOCKS[1] as Block;
    const averages = (op: ConvNorm) =>
      runOn(
        'onednn',
        (...inputs) => {
          const [x, depthwise] = inputs as [tf.Tensor4D, tf.Tensor4D];
          const [gamma, beta] = inputs.slice(4) as [tf.Tensor1D, tf.Tensor1D];
          const [mean, variance] = [tf.variable(tf.zeros([16]), false), tf.variable(tf.ones([16]), false)];
          op(x, depthwise, gamma, beta, { depthwise: true, moving: { mean, variance, momentum: 0.9 } });
          const results = [tf.mul(mean, 1), tf.mul(variance, 1)];
          tf.dispose([mean, variance]);
          return results;
        },
        inputsOf(block),
      );
    const [expected, actual] = [await averages(inParts), await averages(convNormTrain)];
    for (const [at, result] of actual.entries()) assert.ok(relativeError(result, expected[at] ?? result) < 1e-5);
  });

  it('names the tensor whose shape does not fit', async () => {
    await tf.setBackend('onednn');
    tf.tidy(() => {
      const x = tf.ones<tf.Rank.R4>([2, 3, 3, 4]);
      const filter = tf.ones<tf.Rank.R4>([1, 1, 4, 5]);
      assert.throws(
        () => convNormTrain(x, filter, tf.ones([4]), tf.ones([5])),
        /gamma must have shape \[5\], has \[4\]/,
      );
      assert.throws(
        () => convNormTrain(x, tf.ones([1, 1, 3, 5]), tf.ones([5]), tf.ones([5])),
        /filter must be \[h, w, 4, O\], is \[1,1,3,5\]/,
      );
      const residual = tf.ones<tf.Rank.R4>([2, 3, 3, 4]);
      assert.throws(
        () => convNormTrain(x, filter, tf.ones([5]), tf.ones([5]), { residual }),
        /residual must have shape \[2,3,3,5\], has \[2,3,3,4\]/,
      );
    });
  });
});
