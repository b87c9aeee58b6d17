import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { resetSlowPath, slowPath } from '../slow-path.ts';
import { errorAgainstCpu, startNative, type TensorFunction } from './on-backend.ts';
import { type TestArray, TestRandom } from './random-tensor.ts';

export interface Case {
  readonly compute: TensorFunction;
  readonly inputs: readonly TestArray[];
}

/** Random cases of one kernel or a family of them. */
export interface Suite {
  readonly name: string;
  readonly tolerance: number;
  readonly rounds: number;
  readonly make: (random: TestRandom) => Case;
  /** Kernels that must not have run on the plain path. */
  readonly native: readonly string[];
}

/** Shape of a small image batch, with any number of channels. */
export const image = (random: TestRandom): number[] => [
  random.integer(1, 3),
  random.integer(5, 12),
  random.integer(5, 12),
  random.integer(1, 35),
];

export const asImage = (tensor: tf.Tensor | undefined) => tensor as tf.Tensor4D;

/** Gradients of `sum(f(...)^2)` with respect to every input. */
export const gradientsOf = (f: (...inputs: tf.Tensor[]) => tf.Tensor): TensorFunction => {
  const gradients = tf.grads((...inputs: tf.Tensor[]) => tf.sum(tf.square(f(...inputs))));
  return (...inputs) => gradients(inputs);
};

/** One test a suite: every case agrees with the plain CPU kernels, and the native ones took it. */
export function compareKernels(title: string, suites: readonly Suite[], firstSeed: number): void {
  describe(title, () => {
    before(() => startNative());

    for (const [at, { name, tolerance, rounds, make, native }] of suites.entries()) {
      it(`${name}: ${rounds} random cases agree to ${tolerance}`, async () => {
        const random = new TestRandom(firstSeed + at);
        resetSlowPath();
        for (let round = 0; round < rounds; round += 1) {
          const { compute, inputs } = make(random);
          const error = await errorAgainstCpu(compute, inputs);
          const shapes = inputs.map(({ shape }) => `[${shape}]`).join(' ');
          assert.ok(error <= tolerance, `round ${round}, inputs ${shapes}: error ${error}`);
        }
        const slow = native.filter((kernel) => slowPath().has(kernel));
        assert.deepEqual(slow, [], 'kernels that ran on the plain path');
      });
    }
  });
}
