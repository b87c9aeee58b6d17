import { setBackend, type Tensor, tidy } from '@tensorflow/tfjs-core';
import type { Precision } from '../precision.ts';
import { loadEngine } from '../probe.ts';
import { type TestArray, toTensor } from './random-tensor.ts';

/** Starts the native engine; throws with the reason if it cannot run, so that its tests never pass unseen. */
export const startNative = (threads = 2, precision: Precision = 'f32') =>
  loadEngine({ engine: 'onednn', threads, precision });

/** A function of tensors under test. */
export type TensorFunction = (...inputs: Tensor[]) => Tensor | Tensor[];

/** Results of `compute` on a backend, read out. */
export async function runOn(
  backendName: 'cpu' | 'onednn',
  compute: TensorFunction,
  inputs: readonly TestArray[],
): Promise<TestArray[]> {
  await setBackend(backendName);
  return tidy(() => {
    const results = [compute(...inputs.map(toTensor))].flat();
    return results.map((result) => ({ shape: result.shape, values: Float32Array.from(result.dataSync()) }));
  });
}

/**
 * Largest absolute difference over the largest absolute value of the expected array.
 * Infinite if shapes differ or only one side is NaN.
 */
export function relativeError(actual: TestArray, expected: TestArray): number {
  if (actual.shape.join() !== expected.shape.join()) return Number.POSITIVE_INFINITY;
  let scale = 1e-6;
  let difference = 0;
  for (const [at, value] of expected.values.entries()) {
    const other = actual.values[at] ?? Number.NaN;
    if (Object.is(value, other)) continue;
    if (Number.isNaN(value) !== Number.isNaN(other)) return Number.POSITIVE_INFINITY;
    scale = Math.max(scale, Math.abs(value));
    difference = Math.max(difference, Math.abs(value - other));
  }
  for (const value of expected.values) scale = Math.max(scale, Math.abs(value));
  return difference / scale;
}

/** Root of the mean squared difference over that of the mean squared expected value. */
export function rmsError(actual: TestArray, expected: TestArray): number {
  if (actual.shape.join() !== expected.shape.join()) return Number.POSITIVE_INFINITY;
  let [difference, scale] = [0, 0];
  for (const [at, value] of expected.values.entries()) {
    difference += (value - (actual.values[at] ?? Number.NaN)) ** 2;
    scale += value ** 2;
  }
  return Math.sqrt(difference / Math.max(scale, Number.MIN_VALUE));
}

/** Largest error over all results of `compute` on `onednn` against `cpu`. */
export async function errorAgainstCpu(compute: TensorFunction, inputs: readonly TestArray[]): Promise<number> {
  const expected = await runOn('cpu', compute, inputs);
  const actual = await runOn('onednn', compute, inputs);
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  return Math.max(...actual.map((result, at) => relativeError(result, expected[at] ?? result)));
}
