import { convBiasReluPool, denseAct, globalMean } from '@crucible/engine-native/ops';
import * as tf from '@tensorflow/tfjs-core';
import { Network, Parameters } from './network.ts';
import type { Workload } from './requests.ts';

/** Two convolutions with pooling and two dense layers on 128 images of 28x28. */
function cnn(): Network {
  const p = new Parameters();
  const [filter1, bias1] = [p.filter([3, 3, 1, 32]), p.zeros(32)];
  const [filter2, bias2] = [p.filter([3, 3, 32, 64]), p.zeros(64)];
  const dense1 = p.add<tf.Tensor2D>(() => p.normal([3136, 128], 0.02));
  const denseBias1 = p.zeros(128);
  const dense2 = p.add<tf.Tensor2D>(() => p.normal([128, 10], 0.1));
  const denseBias2 = p.zeros(10);
  return new Network(p, [128, 28, 28, 1], (x) => {
    const features = convBiasReluPool(convBiasReluPool(x, filter1, bias1), filter2, bias2);
    const hidden = denseAct(tf.reshape(features, [-1, 3136]), dense1, denseBias1, 'relu');
    return denseAct(hidden, dense2, denseBias2);
  });
}

/** Symmetric padding: that of published networks, where tfjs would put more at the end. */
const symmetric: [[number, number], [number, number], [number, number], [number, number]] = [
  [0, 0],
  [1, 1],
  [1, 1],
  [0, 0],
];

/** Output channels and stride of the blocks of ResNet-18. */
const RESNET_BLOCKS = [
  [64, 1],
  [64, 1],
  [128, 2],
  [128, 1],
  [256, 2],
  [256, 1],
  [512, 2],
  [512, 1],
] as const;

/** ResNet-18 for images of 32x32. */
function resnet(images: number, deviation?: number): Network {
  const p = new Parameters();
  const stem = p.filter([3, 3, 3, 64], deviation);
  const stemNorm = p.batchNorm(64);
  let channels = 64;
  const blocks = RESNET_BLOCKS.map(([filters, stride]) => {
    const isSame = stride === 1 && channels === filters;
    const block = {
      stride,
      filter1: p.filter([3, 3, channels, filters], deviation),
      norm1: p.batchNorm(filters),
      filter2: p.filter([3, 3, filters, filters], deviation),
      norm2: p.batchNorm(filters),
      shortcut: isSame
        ? undefined
        : { filter: p.filter([1, 1, channels, filters], deviation), norm: p.batchNorm(filters) },
    };
    channels = filters;
    return block;
  });
  const dense = p.add<tf.Tensor2D>(() => p.normal([512, 10], 0.05));
  const bias = p.zeros(10);
  return new Network(p, [images, 32, 32, 3], (x) => {
    let y = stemNorm(tf.conv2d(x, stem, 1, 'same'), 'relu');
    for (const { stride, filter1, norm1, filter2, norm2, shortcut } of blocks) {
      const inner = norm1(tf.conv2d(y, filter1, stride, symmetric), 'relu');
      const residual = shortcut ? shortcut.norm(tf.conv2d(y, shortcut.filter, stride, 'valid'), 'none') : y;
      y = norm2(tf.conv2d(inner, filter2, 1, 'same'), 'relu', residual);
    }
    return denseAct(globalMean(y), dense, bias);
  });
}

const MOBILE_BLOCKS = [
  [64, 1],
  [128, 2],
  [128, 1],
  [256, 2],
  [256, 1],
  [512, 2],
  [512, 1],
  [512, 1],
] as const;

/** A convolution and eight depthwise-separable blocks on 64 images of 32x32. */
function mobile(): Network {
  const p = new Parameters();
  const stem = p.filter([3, 3, 3, 32]);
  const stemNorm = p.batchNorm(32);
  let channels = 32;
  const blocks = MOBILE_BLOCKS.map(([filters, stride]) => {
    const depthwise = p.filter([3, 3, channels, 1], 0.5);
    const norm1 = p.batchNorm(channels);
    const block = {
      stride,
      depthwise,
      norm1,
      pointwise: p.filter([1, 1, channels, filters]),
      norm2: p.batchNorm(filters),
    };
    channels = filters;
    return block;
  });
  const dense = p.add<tf.Tensor2D>(() => p.normal([512, 10], 0.05));
  const bias = p.zeros(10);
  return new Network(p, [64, 32, 32, 3], (x) => {
    let y = stemNorm(tf.conv2d(x, stem, 1, 'same'), 'relu');
    for (const { stride, depthwise, norm1, pointwise, norm2 } of blocks) {
      const inner = norm1(tf.depthwiseConv2d(y, depthwise, stride, 'same'), 'relu');
      y = norm2(tf.conv2d(inner, pointwise, 1, 'same'), 'relu');
    }
    return denseAct(globalMean(y), dense, bias);
  });
}

/** Builds a workload on the current engine. */
export const BUILD: Readonly<Record<Workload, () => Network>> = {
  cnn,
  resnet: () => resnet(64),
  mobile,
  zen: () => resnet(16, 1),
};
