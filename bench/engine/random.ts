import * as tf from '@tensorflow/tfjs-core';

/** Seeded normal numbers (mulberry32 and Box-Muller): the same weights and images in every run. */
export function normalSource(seed: number): (shape: number[], deviation: number) => tf.Tensor {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (((mixed ^ (mixed >>> 14)) >>> 0) + 1) / (2 ** 32 + 1);
  };
  return (shape, deviation) => {
    const normal = () => deviation * Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
    return tf.tensor(Float32Array.from({ length: tf.util.sizeFromShape(shape) }, normal), shape);
  };
}
