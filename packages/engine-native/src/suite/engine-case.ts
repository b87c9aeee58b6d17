import type { Tensor } from '@tensorflow/tfjs-core';

/** An operation that every engine must do alike. Plain data and one function: it knows no engine. */
export interface EngineCase {
  /** Unique in the suite. */
  readonly name: string;
  /** Shapes of the inputs, which are filled with seeded uniform values. */
  readonly shapes: readonly (readonly number[])[];
  /** Bounds of those values, where the operation is not defined, or not smooth, on all of `[-1, 1]`. */
  readonly range?: readonly [low: number, high: number];
  /** Largest difference from the reference allowed, over the largest absolute value of the reference. */
  readonly tolerance: number;
  /** The same for the gradients with respect to all inputs; left out where there are none. */
  readonly gradientTolerance?: number;
  /** Accuracy of shaders where their language, WGSL, promises less than four digits. */
  readonly shaderTolerance?: number;
  readonly compute: (...inputs: Tensor[]) => Tensor | Tensor[];
}

/** Exact arithmetic in one order; engines may contract a product and a sum. */
export const EXACT = 1e-6;
/** Sums whose order an engine may choose, and functions that are approximated. */
export const ROUNDED = 1e-5;
/** Statistics over few elements, and gradients through them. */
export const LOOSE = 1e-4;
