import * as tf from '@tensorflow/tfjs-core';

/**
 * Largest difference between the gradient that the engine gives for `loss` in `variable` and central differences,
 * relative to the largest slope. Only every `stride`-th element is tried.
 */
export function gradientError(loss: () => tf.Scalar, variable: tf.Variable, stride = 1, step = 1e-2): number {
  const { value, grads } = tf.variableGrads(loss, [variable]);
  const gradient = grads[variable.name]?.dataSync() ?? new Float32Array();
  tf.dispose([value, grads]);
  const original = Float32Array.from(variable.dataSync());
  const lossAt = (at: number, change: number): number => {
    const moved = original.slice();
    moved[at] = (moved[at] as number) + change;
    return tf.tidy(() => {
      variable.assign(tf.tensor(moved, variable.shape));
      return loss().dataSync()[0] as number;
    });
  };
  let worst = 0;
  let scale = 1e-3;
  for (let at = 0; at < original.length; at += stride) {
    const slope = (lossAt(at, step) - lossAt(at, -step)) / (2 * step);
    worst = Math.max(worst, Math.abs(slope - (gradient[at] as number)));
    scale = Math.max(scale, Math.abs(slope));
  }
  tf.tidy(() => variable.assign(tf.tensor(original, variable.shape)));
  return worst / scale;
}
