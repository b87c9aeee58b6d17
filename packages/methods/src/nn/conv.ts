import * as tf from '@tensorflow/tfjs-core';
import { xavierNormalStd } from './init.ts';
import type { Weights } from './weights.ts';

export interface ConvOptions {
  in: number;
  out: number;
  /** odd */
  kernel: number;
  stride: number;
  /** one filter per channel; `in` equals `out` */
  depthwise: boolean;
  bias: boolean;
  /** of the Xavier-normal first values */
  gain: number;
}

/** A convolution with padding `(kernel - 1) / 2` on every side: `[B, H, W, in]` to `[B, ceil(H/stride), .., out]`. */
export function conv(weights: Weights, name: string, options: ConvOptions): (x: tf.Tensor4D) => tf.Tensor4D {
  const { in: input, out, kernel, stride, depthwise, bias, gain } = options;
  const perFilter = depthwise ? 1 : input;
  const shape = depthwise ? [kernel, kernel, out, 1] : [kernel, kernel, input, out];
  const std = xavierNormalStd(gain, kernel, perFilter, out);
  const filter = weights.normal(`${name}/kernel`, shape, std, true) as tf.Variable<tf.Rank.R4>;
  const offset = bias ? (weights.constant(`${name}/bias`, [out], 0, false) as tf.Variable<tf.Rank.R1>) : null;
  // a number pads every side alike; 'same' would pad strided layers on one side only
  const pad = (kernel - 1) / 2;
  return (x) => {
    const y = depthwise ? tf.depthwiseConv2d(x, filter, stride, pad) : tf.conv2d(x, filter, stride, pad);
    return offset === null ? y : tf.add(y, offset);
  };
}
