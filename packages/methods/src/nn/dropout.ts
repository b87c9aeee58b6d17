import * as tf from '@tensorflow/tfjs-core';
import type { Rng } from '../random/rng.ts';

/**
 * Dropout (Srivastava et al. 2014): zeroes each element with probability `rate` and scales the others by
 * `1 / (1 - rate)`. Differentiable in `x`.
 *
 * The mask comes from the stream, not from the engine, so it is the same on every engine. A step that may be repeated,
 * as after a resumption, needs a stream of its own: name it after the step.
 *
 * @param rate in `[0, 1)`; 0 returns `x` itself, and draws nothing
 */
export function dropout<T extends tf.Tensor>(x: T, rate: number, rng: Rng): T {
  if (!(rate >= 0 && rate < 1)) throw new RangeError(`dropout: rate must be in [0, 1), is ${rate}`);
  if (rate === 0) return x;
  const kept = 1 / (1 - rate);
  // 32 bits are enough to decide, and half of what a uniform number takes
  const threshold = rate * 2 ** 32;
  const mask = Float32Array.from({ length: x.size }, () => (rng.uint32() < threshold ? 0 : kept));
  return tf.tidy(() => tf.mul<T>(x, tf.tensor(mask, x.shape)));
}
