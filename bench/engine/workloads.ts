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
  const stem = p.convNorm(p.filter([3, 3, 3, 64], deviation), {});
  let channels = 64;
  const blocks = RESNET_BLOCKS.map(([filters, stride]) => {
    const isSame = stride === 1 && channels === filters;
    const block = {
      conv1: p.convNorm(p.filter([3, 3, channels, filters], deviation), { strides: stride, pad: symmetric }),
      conv2: p.convNorm(p.filter([3, 3, filters, filters], deviation), {}),
      shortcut: isSame
        ? undefined
        : p.convNorm(p.filter([1, 1, channels, filters], deviation), { strides: stride, pad: 'valid' }),
    };
    channels = filters;
    return block;
  });
  const dense = p.add<tf.Tensor2D>(() => p.normal([512, 10], 0.05));
  const bias = p.zeros(10);
  return new Network(p, [images, 32, 32, 3], (x) => {
    let y = stem(x, 'relu');
    for (const { conv1, conv2, shortcut } of blocks) {
      const inner = conv1(y, 'relu');
      y = conv2(inner, 'relu', shortcut ? shortcut(y, 'none') : y);
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
  const stem = p.convNorm(p.filter([3, 3, 3, 32]), {});
  let channels = 32;
  const blocks = MOBILE_BLOCKS.map(([filters, stride]) => {
    const block = {
      depthwise: p.convNorm(p.filter([3, 3, channels, 1], 0.5), { strides: stride, depthwise: true }),
      pointwise: p.convNorm(p.filter([1, 1, channels, filters]), {}),
    };
    channels = filters;
    return block;
  });
  const dense = p.add<tf.Tensor2D>(() => p.normal([512, 10], 0.05));
  const bias = p.zeros(10);
  return new Network(p, [64, 32, 32, 3], (x) => {
    let y = stem(x, 'relu');
    for (const { depthwise, pointwise } of blocks) y = pointwise(depthwise(y, 'relu'), 'relu');
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
