import * as tf from '@tensorflow/tfjs-core';
import { normalTensor } from '../random/draw-normals.ts';
import type { Rng } from '../random/rng.ts';

export type Shape4D = readonly [number, number, number, number];

/** The clean batch of a scoring, NHWC, and the changed one: clean + alpha x normals. The caller frees them. */
export interface ImagePair {
  clean: tf.Tensor4D;
  changed: tf.Tensor4D;
}

/** Where the numbers of one scoring come from: standard normals, in tensors that the caller frees. */
export interface NormalSource {
  /** Kernel of the `layer`-th convolution in execution order: `[kernel, kernel, in, out]`, depth-wise `[.., in, 1]`. */
  weights(layer: number, shape: Shape4D): tf.Tensor4D;
  images(shape: Shape4D, alpha: number): ImagePair | Promise<ImagePair>;
}

/** A pair from the streams `input` and `noise`. */
export function drawImages(rng: (part: string) => Rng, shape: Shape4D, alpha: number): ImagePair {
  const clean = normalTensor<tf.Rank.R4>(rng('input'), [...shape]);
  const changed = tf.tidy(() => tf.add<tf.Tensor4D>(clean, tf.mul(normalTensor(rng('noise'), [...shape]), alpha)));
  return { clean, changed };
}

/**
 * Each tensor from a stream of its own: the score of a structure does not depend on what was scored before it, nor on
 * the process that scores it.
 *
 * @param rng streams of one structure and repeat: `layer-0`, .., `input`, `noise`
 * @param images another source of the images
 */
export function streamSource(
  rng: (part: string) => Rng,
  images: NormalSource['images'] = (shape, alpha) => drawImages(rng, shape, alpha),
): NormalSource {
  return { weights: (layer, shape) => normalTensor<tf.Rank.R4>(rng(`layer-${layer}`), [...shape]), images };
}
