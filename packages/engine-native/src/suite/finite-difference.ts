import { setBackend, tidy } from '@tensorflow/tfjs-core';
import { type TestArray, TestRandom, toTensor } from '../testing/random-tensor.ts';
import { inputsOf, outputWeights } from './compute-case.ts';
import type { EngineCase } from './engine-case.ts';

/**
 * Halves of the distance between the two points. The smaller one seldom crosses a kink of a maximum or an activation,
 * the larger one suffers less from the rounding of float32. A right gradient agrees at one of them.
 */
const STEPS = [1e-3, 1e-4];
const DIRECTIONS = 2;
/** Below it rounding is larger than the slope. */
const LEAST_SCALE = 0.1;

/** The weighted sum of the outputs in double, so that only the outputs themselves are rounded. */
function weightedSum(engineCase: EngineCase, inputs: readonly TestArray[]): number {
  const outputs = tidy(() =>
    [engineCase.compute(...inputs.map(toTensor))]
      .flat()
      .map((output) => ({ shape: output.shape, values: output.dataSync<'float32'>() })),
  );
  return outputs.reduce((total, { shape, values }, at) => {
    const weights = outputWeights(shape, at).values;
    return values.reduce((sum: number, value: number, index: number) => sum + value * (weights[index] ?? 0), total);
  }, 0);
}

const along = (input: TestArray, direction: TestArray, step: number): TestArray => ({
  shape: input.shape,
  values: input.values.map((value, at) => value + step * (direction.values[at] ?? 0)),
});

const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
const length = (a: Float32Array): number => Math.sqrt(dot(a, a));

/**
 * Largest error of the gradients against central differences on the plain engine, along random directions.
 *
 * Relative to the length of gradient and direction: a slope across the gradient counts for as much as one along it.
 */
export async function finiteDifferenceError(engineCase: EngineCase, gradients: readonly TestArray[]): Promise<number> {
  await setBackend('cpu');
  const inputs = inputsOf(engineCase);
  const random = new TestRandom(77);
  let worst = 0;
  for (const [at, input] of inputs.entries()) {
    for (let round = 0; round < DIRECTIONS; round += 1) {
      const gradient = gradients[at]?.values ?? new Float32Array();
      const direction = random.array(input.shape);
      const valueAt = (step: number) => weightedSum(engineCase, inputs.with(at, along(input, direction, step)));
      const scale = Math.max(length(gradient) * length(direction.values), LEAST_SCALE);
      const expected = dot(gradient, direction.values);
      const errorAt = (step: number) => Math.abs((valueAt(step) - valueAt(-step)) / (2 * step) - expected) / scale;
      worst = Math.max(worst, Math.min(...STEPS.map(errorAt)));
    }
  }
  return worst;
}
