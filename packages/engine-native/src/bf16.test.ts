import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { type Addon, loadAddon } from './addon.ts';
import { OneDnnBackend } from './backend.ts';
import { BufferPool } from './buffer-pool.ts';
import { runningOneDnn } from './engine.ts';
import { engineMemory } from './memory.ts';
import { batchNormTrain } from './ops/batch-norm-train.ts';
import { convBiasRelu } from './ops/conv-bias-relu.ts';
import { convBiasReluPool } from './ops/conv-bias-relu-pool.ts';
import { convNormTrain } from './ops/conv-norm-train.ts';
import { denseAct } from './ops/dense-act.ts';
import { globalMean } from './ops/global-mean.ts';
import { bf16LevelOf, setPrecision } from './precision.ts';
import { resetSlowPath, slowPath } from './slow-path.ts';
import { relativeError, rmsError, runOn, startNative, type TensorFunction } from './testing/on-backend.ts';
import { type TestArray, TestRandom } from './testing/random-tensor.ts';
import { SmallNet } from './testing/small-net.ts';

const { isa } = loadAddon().info();
const level = bf16LevelOf(isa);

describe('bf16LevelOf', () => {
  it('counts only CPUs that multiply bf16 in hardware', () => {
    assert.equal(bf16LevelOf('avx512_core_amx'), 'amx');
    assert.equal(bf16LevelOf('avx512_core_bf16'), 'avx512');
    for (const other of ['avx512_core_vnni', 'avx512_core', 'avx2', 'other']) assert.equal(bf16LevelOf(other), 'none');
  });
});

describe('setPrecision', () => {
  it('refuses bf16, with the remedy, on a CPU that has none', () => {
    const addon = { info: () => ({ oneDnn: '', isa: 'avx2', threads: 1 }) } as Addon;
    const backend = new OneDnnBackend(addon, new BufferPool((length) => new Float32Array(length), 0));
    assert.throws(
      () => setPrecision(backend, 'bf16'),
      /cpu-unsupported.*\(avx2\) cannot multiply bf16; use precision f32/,
    );
    setPrecision(backend, 'f32');
    assert.equal(backend.precision, 'f32');
  });

  it('rounds to nearest, ties to even, keeping NaN and infinity', () => {
    const addon = loadAddon();
    // one unit of bf16 at 1 is 2^-7
    const unit = 2 ** -7;
    const cases = [
      [1 + unit / 2, 1],
      [1 + 1.5 * unit, 1 + 2 * unit],
      [1 + 0.51 * unit, 1 + unit],
      [-3.5, -3.5],
      [0, 0],
      [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
      [Number.NaN, Number.NaN],
    ] as const;
    const halves = new Uint16Array(cases.length);
    const back = new Float32Array(cases.length);
    addon.toBf16(
      Float32Array.from(cases, ([value]) => value),
      halves,
    );
    addon.fromBf16(halves, back);
    assert.deepEqual(
      [...back],
      cases.map(([, expected]) => expected),
    );
  });
});

interface Chain {
  readonly name: string;
  readonly loss: (...inputs: tf.Tensor[]) => tf.Tensor;
  readonly shapes: readonly number[][];
}

type Images = [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];

const normalise = (x: tf.Tensor4D, residual?: tf.Tensor4D) => {
  const channels = x.shape[3];
  const options = residual === undefined ? {} : { residual };
  return batchNormTrain(x, tf.ones([channels]), tf.fill([channels], 0.1), { activation: 'relu', ...options });
};

/** A loss in which every output counts differently, so that normalisation does not cancel its gradients. */
const weighed = (y: tf.Tensor): tf.Tensor =>
  tf.sum(
    tf.mul(
      y,
      tf.tensor(
        Float32Array.from({ length: y.size }, (_, at) => Math.cos(at)),
        y.shape,
      ),
    ),
  );

const CHAINS: readonly Chain[] = [
  {
    name: 'a residual block and a strided, a 1x1 and a 5x5 convolution',
    shapes: [
      [4, 10, 12, 32],
      [3, 3, 32, 32],
      [3, 3, 32, 48],
      [1, 1, 48, 20],
      [5, 5, 20, 16],
    ],
    loss: (...inputs) => {
      const [x, w1, w2, w3, w4] = inputs as Images;
      const first = normalise(tf.conv2d(x, w1, 1, 'same'), x);
      const second = normalise(tf.conv2d(first, w2, 2, 'same'));
      const third = normalise(tf.conv2d(second, w3, 1, 'same'));
      return weighed(tf.conv2d(third, w4, 1, 'same'));
    },
  },
  {
    name: 'depthwise and 1x1 convolutions',
    shapes: [
      [4, 16, 16, 24],
      [3, 3, 24, 1],
      [1, 1, 24, 40],
    ],
    loss: (...inputs) => {
      const [x, w1, w2] = inputs as Images;
      const first = normalise(tf.depthwiseConv2d(x, w1, 2, 'same'));
      const second = batchNormTrain(tf.conv2d(first, w2, 1, 'same') as tf.Tensor4D, tf.ones([40]), tf.zeros([40]));
      return tf.add(weighed(second), tf.sum(globalMean(second)));
    },
  },
  {
    name: 'a fused block of depthwise and 1x1 convolutions with a residual',
    shapes: [
      [4, 16, 16, 24],
      [3, 3, 24, 1],
      [1, 1, 24, 40],
      [1, 1, 40, 24],
    ],
    loss: (...inputs) => {
      const [x, depthwise, up, down] = inputs as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
      const inner = convNormTrain(x, depthwise, tf.ones([24]), tf.fill([24], 0.1), { depthwise: true });
      const wide = convNormTrain(inner, up, tf.ones([40]), tf.fill([40], 0.1));
      const norm = { activation: 'relu', residual: inner } as const;
      const y = convNormTrain(wide, down, tf.ones([24]), tf.zeros([24]), norm);
      return tf.add(weighed(y), tf.sum(globalMean(wide)));
    },
  },
  {
    name: 'the fused classifier with pools and dense layers',
    shapes: [
      [128, 8, 8, 1],
      [3, 3, 1, 32],
      [3, 3, 32, 64],
      [256, 128],
      [128, 10],
    ],
    loss: (...inputs) => {
      const [x, w1, w2] = inputs as Images;
      const [dense1, dense2] = inputs.slice(3) as [tf.Tensor2D, tf.Tensor2D];
      const first = convBiasReluPool(x, w1, tf.fill([32], 0.1));
      const second = convBiasReluPool(convBiasRelu(first, tf.ones([1, 1, 32, 32]), tf.ones([32])), w2, tf.zeros([64]));
      const hidden = denseAct(tf.reshape(second, [128, 256]), dense1, tf.zeros([128]), 'relu');
      return tf.mean(tf.square(denseAct(hidden, dense2, tf.zeros([10]))));
    },
  },
  {
    name: 'ops that know only float32, sums of branches and poolings of any size',
    shapes: [
      [2, 9, 9, 16],
      [3, 3, 16, 16],
    ],
    loss: (...inputs) => {
      const [x, w] = inputs as Images;
      const branch = tf.conv2d(x, w, 1, 'same') as tf.Tensor4D;
      const joined = tf.add(
        tf.add(branch, tf.relu(branch)),
        tf.conv2d(tf.maxPool(branch, 3, 1, 'same') as tf.Tensor4D, w, 1, 'same'),
      );
      const scaled = tf.mul(tf.sigmoid(joined), tf.neg(branch)) as tf.Tensor4D;
      return tf.sum(tf.square(tf.avgPool(tf.reshape(scaled, [2, 9, 9, 16]) as tf.Tensor4D, 2, 2, 'valid')));
    },
  },
];

const inputsOf = ({ shapes }: Chain): TestArray[] => {
  const random = new TestRandom(21);
  return shapes.map((shape) => random.array(shape));
};

/** The loss and the gradients of the parameters. Signs of relu flip near zero, the more the deeper the path. */
const withGradients =
  ({ loss }: Chain): TensorFunction =>
  (images, ...parameters) => [
    loss(images as tf.Tensor, ...parameters),
    ...tf.grads((...given: tf.Tensor[]) => loss(images as tf.Tensor, ...given))(parameters),
  ];

describe('bf16 mode', { skip: level === 'none' ? `this CPU (${isa}) has no bf16` : false }, () => {
  before(() => startNative(2, 'bf16'));
  after(() => {
    const backend = runningOneDnn();
    if (backend !== undefined) backend.precision = 'f32';
  });

  const precise = async (compute: TensorFunction, inputs: readonly TestArray[]) => {
    const backend = runningOneDnn();
    assert.ok(backend);
    backend.precision = 'f32';
    const results = await runOn('onednn', compute, inputs);
    backend.precision = 'bf16';
    return results;
  };

  it('says what multiplies and with which precision', async () => {
    const { versions } = await startNative(2, 'bf16');
    assert.equal(versions.bf16, level);
    assert.equal(versions.precision, 'bf16');
  });

  /** Largest error of a convolution and its gradients against float32. */
  async function convError(
    inputs: readonly TestArray[],
    conv: (x: tf.Tensor4D, w: tf.Tensor4D) => tf.Tensor,
  ): Promise<number> {
    const gradients = tf.grads((...tensors: tf.Tensor[]) => {
      const y = conv(...(tensors as [tf.Tensor4D, tf.Tensor4D]));
      return tf.sum(tf.mul(y, tf.cos(tf.reshape(tf.range(0, y.size), y.shape))));
    });
    const compute: TensorFunction = (...tensors) => [
      conv(...(tensors as [tf.Tensor4D, tf.Tensor4D])),
      ...gradients(tensors),
    ];
    const expected = await precise(compute, inputs);
    const actual = await runOn('onednn', compute, inputs);
    return Math.max(...actual.map((result, at) => relativeError(result, expected[at] ?? result)));
  }

  it('stays within the rounding of its inputs for single convolutions, plain and depthwise', async () => {
    const random = new TestRandom(31);
    for (let round = 0; round < 40; round += 1) {
      const channels = random.integer(1, 40);
      const isDepthwise = round % 3 === 0;
      const filter = [random.integer(1, 5), random.integer(1, 5), channels, isDepthwise ? 1 : random.integer(1, 40)];
      const inputs = [
        random.array([random.integer(1, 4), random.integer(5, 12), random.integer(5, 12), channels]),
        random.array(filter),
      ];
      const stride = random.integer(1, 2);
      const error = await convError(inputs, (x, w) =>
        isDepthwise ? tf.depthwiseConv2d(x, w, stride, 'same') : tf.conv2d(x, w, stride, 'same'),
      );
      assert.ok(error < 2e-2, `round ${round}, filter ${filter}, stride ${stride}: error ${error}`);
    }
  });

  for (const [image, filter, stride] of [
    [[16, 4, 4, 128], [3, 3, 128, 144], 1],
    [[33, 8, 8, 128], [3, 3, 128, 160], 2],
    [[40, 3, 5, 144], [3, 5, 144, 128], 1],
    [[40, 4, 4, 130], [3, 3, 130, 150], 1],
  ] as const) {
    it(`stays within it on small images of many channels: [${image}] by [${filter}], stride ${stride}`, async () => {
      const random = new TestRandom(33);
      const inputs = [random.array(image), random.array(filter)];
      for (const pad of ['same', 'valid'] as const) {
        const error = await convError(inputs, (x, w) => tf.conv2d(x, w, stride, pad));
        assert.ok(error < 2e-2, `${pad}: error ${error}`);
      }
    });
  }

  for (const chain of CHAINS) {
    it(`keeps loss and gradients of ${chain.name}`, async () => {
      const inputs = inputsOf(chain);
      const expected = await precise(withGradients(chain), inputs);
      resetSlowPath();
      const actual = await runOn('onednn', withGradients(chain), inputs);
      assert.deepEqual([...slowPath().keys()], []);
      for (const [at, result] of actual.entries()) {
        const error = rmsError(result, expected[at] ?? result);
        assert.ok(error < 6e-2, `result ${at}: error ${error}`);
      }
    });
  }

  it('gives every buffer back', async () => {
    await tf.setBackend('onednn');
    const { numTensors, lentBytes } = engineMemory();
    for (const chain of CHAINS) await runOn('onednn', withGradients(chain), inputsOf(chain));
    assert.equal(engineMemory().numTensors, numTensors);
    assert.equal(engineMemory().lentBytes, lentBytes);
  });

  it('trains like float32 and allocates nothing once it is warm', async () => {
    const backend = runningOneDnn();
    assert.ok(backend);
    const lossesIn = (precision: 'f32' | 'bf16') => {
      backend.precision = precision;
      const net = new SmallNet(2);
      const losses = Array.from({ length: 12 }, () => net.step());
      const warm = engineMemory();
      for (let step = 0; step < 3; step += 1) net.step();
      assert.equal(engineMemory().allocations, warm.allocations);
      assert.equal(engineMemory().lentBytes, warm.lentBytes);
      net.dispose();
      return losses;
    };
    const expected = lossesIn('f32');
    const actual = lossesIn('bf16');
    for (const [step, loss] of expected.entries()) {
      assert.ok(
        Math.abs(loss - (actual[step] ?? Number.NaN)) < 0.02 * loss,
        `step ${step}: ${actual[step]}, f32 ${loss}`,
      );
    }
    assert.ok((actual.at(-1) ?? 0) < (actual[0] ?? 0), 'the loss falls');
  });
});
