import { globalMean } from '@crucible/engine-native/ops';
import * as tf from '@tensorflow/tfjs-core';
import { afterWindow, type Layer } from './layer.ts';

export interface PoolOptions {
  kind: 'max' | 'average';
  /** side of the window */
  window: number;
  stride: number;
  /** pixels added on every side; they take no part in maximum or mean */
  pad: number;
}

/** Pooling with a window: `[B, H, W, C]` to `[B, floor((H + 2 pad - window) / stride) + 1, .., C]`. */
export function pool({ kind, window, stride, pad }: PoolOptions): Layer {
  return {
    forward: (x) => (kind === 'max' ? tf.maxPool(x, window, stride, pad) : tf.avgPool(x, window, stride, pad)),
    measure: ({ height, width, channels }) => ({
      params: 0,
      flops: 0,
      size: {
        height: afterWindow(height, window, stride, pad),
        width: afterWindow(width, window, stride, pad),
        channels,
      },
    }),
  };
}

/** Mean over the pixels of every channel: `[B, H, W, C]` to `[B, C]`. */
export function globalAverage(x: tf.Tensor4D): tf.Tensor2D {
  const [batch, height, width, channels] = x.shape;
  if (height === 1 && width === 1) return tf.reshape(x, [batch, channels]);
  return globalMean(x);
}

/** Maximum over the pixels of every channel: `[B, H, W, C]` to `[B, C]`. */
export const globalMax = (x: tf.Tensor4D): tf.Tensor2D => tf.max<tf.Tensor2D>(x, [1, 2]);
