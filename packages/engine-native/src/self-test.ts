import { conv2d, dispose, grads, mul, sum, type Tensor, tensor4d, tidy } from '@tensorflow/tfjs-core';

/** Input 1..9 of 3x3, filter 1..4 of 2x2, loss weighted by 1..4: all results are small integers, worked out by hand. */
const EXPECTED = {
  output: [37, 47, 67, 77],
  inputGradient: [1, 4, 4, 6, 20, 16, 9, 24, 16],
  filterGradient: [37, 47, 67, 77],
} as const;

const isClose = (actual: ArrayLike<number>, expected: readonly number[]): boolean =>
  actual.length === expected.length &&
  expected.every((value, at) => Math.abs((actual[at] ?? Number.NaN) - value) < 1e-3);

/** A convolution and its two gradients, in the order of `EXPECTED`. */
const compute = (): Tensor[] =>
  tidy(() => {
    const x = tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1]);
    const filter = tensor4d([1, 2, 3, 4], [2, 2, 1, 1]);
    const weight = tensor4d([1, 2, 3, 4], [1, 2, 2, 1]);
    const gradients = grads((input, kernel) =>
      sum(mul(conv2d(input as typeof x, kernel as typeof filter, 1, 'valid'), weight)),
    );
    return [conv2d(x, filter, 1, 'valid'), ...gradients([x, filter])];
  });

/** Names what a convolution with both gradients gets wrong on the current backend; empty if all is right. */
export async function selfTestFaults(): Promise<string[]> {
  const results = compute();
  const values = await Promise.all(results.map((result) => result.data()));
  dispose(results);
  return Object.entries(EXPECTED).flatMap(([name, expected], at) => {
    const actual = values[at] ?? [];
    return isClose(actual, expected) ? [] : [`${name} is [${[...actual]}], should be [${[...expected]}]`];
  });
}
