import { type Tensor, tensor, util } from '@tensorflow/tfjs-core';

/** Seeded source of test data (mulberry32): the same cases in every run. */
export class TestRandom {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Uniform in `[0, 1)`. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Whole number in `[low, high]`. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  pick<T>(items: readonly [T, ...T[]]): T {
    return items[this.integer(0, items.length - 1)] ?? items[0];
  }

  /** Uniform values in `[-1, 1)`. */
  array(shape: readonly number[]): TestArray {
    const shapeCopy = [...shape];
    const values = Float32Array.from({ length: util.sizeFromShape(shapeCopy) }, () => this.next() * 2 - 1);
    return { shape: shapeCopy, values };
  }
}

/** Values that any backend can make a tensor of. */
export interface TestArray {
  readonly shape: number[];
  readonly values: Float32Array;
}

/** A tensor on the current backend, with its own copy of the values. */
export const toTensor = ({ values, shape }: TestArray): Tensor => tensor(values.slice(), shape);
