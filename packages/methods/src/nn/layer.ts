import type * as tf from '@tensorflow/tfjs-core';

/** Height, width and channels of an image or a feature map. */
export interface FeatureSize {
  height: number;
  width: number;
  channels: number;
}

/** What a part of a network costs. */
export interface Cost {
  /** trainable parameters */
  params: number;
  /** multiply-accumulates of convolutions and linear layers for one image */
  flops: number;
}

/** A part of a network that maps feature maps to feature maps. */
export interface Layer {
  /** `[B, H, W, C]` to `[B, H', W', C']`. With `training` statistics come from the batch, and running ones are updated. */
  forward(x: tf.Tensor4D, training: boolean): tf.Tensor4D;
  /** Cost on one image, and the size of what leaves the layer. */
  measure(input: FeatureSize): Cost & { size: FeatureSize };
}

export const noCost = (): Cost => ({ params: 0, flops: 0 });

export const addCost = (a: Cost, b: Cost): Cost => ({ params: a.params + b.params, flops: a.flops + b.flops });

/** Layers one after the other. */
export function chain(layers: readonly Layer[]): Layer {
  return {
    forward: (x, training) => layers.reduce((y, layer) => layer.forward(y, training), x),
    measure: (input) =>
      layers.reduce(
        (total, layer) => {
          const { size, ...cost } = layer.measure(total.size);
          return { ...addCost(total, cost), size };
        },
        { ...noCost(), size: input },
      ),
  };
}

/** Size after a window of `kernel` pixels with `pad` pixels around, as convolutions and poolings count it. */
export const afterWindow = (size: number, kernel: number, stride: number, pad: number): number =>
  Math.floor((size + 2 * pad - kernel) / stride) + 1;
