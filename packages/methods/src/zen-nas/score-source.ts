import type { Rng } from '../random/rng.ts';

/** Where the numbers of one scoring come from. Each array is fresh, standard normal, and the caller's to keep. */
export interface NormalSource {
  /** Kernel of the `layer`-th convolution in execution order: `[kernel, kernel, in, out]`, depth-wise `[.., in, 1]`. */
  weights(layer: number, shape: readonly [number, number, number, number]): Float32Array;
  /** The clean batch, NHWC. */
  input(shape: readonly [number, number, number, number]): Float32Array;
  /** What is added to it, before `alpha`; same shape. */
  noise(shape: readonly [number, number, number, number]): Float32Array;
}

/**
 * Each tensor from a stream of its own: the score of a structure does not depend on what was scored before it, nor on
 * the process that scores it.
 *
 * @param rng streams of one structure and repeat: `layer-0`, .., `input`, `noise`
 */
export function streamSource(rng: (part: string) => Rng): NormalSource {
  const draw = (part: string, shape: readonly number[]): Float32Array => {
    const numbers = new Float32Array(shape.reduce((product, size) => product * size, 1));
    rng(part).fillNormal(numbers);
    return numbers;
  };
  return {
    weights: (layer, shape) => draw(`layer-${layer}`, shape),
    input: (shape) => draw('input', shape),
    noise: (shape) => draw('noise', shape),
  };
}
