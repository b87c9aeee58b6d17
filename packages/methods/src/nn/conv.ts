import { convBiasRelu } from '@crucible/engine-native/ops';
import * as tf from '@tensorflow/tfjs-core';
import { convFans, type Initialiser } from './init.ts';
import { afterWindow, type Layer } from './layer.ts';
import type { Weights } from './weights.ts';

/** Shape of a convolution. */
export interface ConvSpec {
  in: number;
  out: number;
  /** odd */
  kernel: number;
  stride: number;
  /** one filter per channel; `in` equals `out` */
  depthwise: boolean;
}

export interface ConvOptions extends ConvSpec {
  bias: boolean;
  init: Initialiser;
}

export interface Conv extends Layer {
  /** What an op that fuses the convolution with the next layer needs; null if there is a bias. */
  readonly plain: { filter: tf.Tensor4D; strides: number; pad: number; depthwise: boolean } | null;
  /** `[h, w, in, out]`, depth-wise `[h, w, out, 1]` */
  readonly filter: tf.Variable<tf.Rank.R4>;
  readonly bias: tf.Variable<tf.Rank.R1> | null;
}

/** A convolution with padding `(kernel - 1) / 2` on every side: `[B, H, W, in]` to `[B, ceil(H/stride), .., out]`. */
export function conv(weights: Weights, name: string, options: ConvOptions): Conv {
  const { in: input, out, kernel, stride, depthwise, bias, init } = options;
  const perFilter = depthwise ? 1 : input;
  const filter = weights.parameter<tf.Rank.R4>(
    `${name}/kernel`,
    depthwise ? [kernel, kernel, out, 1] : [kernel, kernel, input, out],
    { init, fans: convFans(kernel, perFilter, out), decay: true },
  );
  const offset = bias ? weights.perChannel(`${name}/bias`, out, 0) : null;
  // a number pads every side alike; 'same' would pad strided layers on one side only
  const pad = (kernel - 1) / 2;
  return {
    plain: bias ? null : { filter, strides: stride, pad, depthwise },
    filter,
    bias: offset,
    forward: (x) => {
      if (offset !== null && !depthwise)
        return convBiasRelu(x, filter, offset, { strides: stride, pad, activation: 'none' });
      const y = depthwise ? tf.depthwiseConv2d(x, filter, stride, pad) : tf.conv2d(x, filter, stride, pad);
      return offset === null ? y : tf.add(y, offset);
    },
    measure: ({ height, width }) => {
      const size = {
        height: afterWindow(height, kernel, stride, pad),
        width: afterWindow(width, kernel, stride, pad),
        channels: out,
      };
      const kernelSize = kernel * kernel * perFilter * out;
      return { params: kernelSize + (bias ? out : 0), flops: kernelSize * size.height * size.width, size };
    },
  };
}
