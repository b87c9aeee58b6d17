import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { BLOCK_CHANNELS, type OneDnnBackend } from '../backend.ts';
import { sizeOf } from '../native-kernel.ts';
import type { Form } from '../tensor-record.ts';

/** A reduction seen on `[outer, reduced, inner]`. */
export interface Reduction {
  readonly outer: number;
  readonly reduced: number;
  readonly inner: number;
  /** Shape of the result without the reduced axes. */
  readonly outShape: number[];
  /** Shape of the result with the reduced axes kept as 1. */
  readonly keptShape: number[];
}

/** Extents of a reduction in the form of data that it reads. */
export interface ReductionForm extends Pick<Reduction, 'outer' | 'reduced' | 'inner'> {
  readonly form: Form;
}

/**
 * Reads a reduction over `axis` as one over a middle axis; undefined if the reduced axes are not neighbours.
 * Axes of length 1 fit anywhere.
 */
export function reductionOf(shape: number[], axis: number | number[]): Reduction | undefined {
  const axes = new Set(util.parseAxisParam(axis, shape));
  const isReduced = (at: number) => axes.has(at);
  const long = [...shape.keys()].filter((at) => shape[at] !== 1);
  const reducedAxes = long.filter(isReduced);
  const first = reducedAxes[0] ?? shape.length;
  const last = reducedAxes.at(-1) ?? shape.length - 1;
  if (long.some((at) => at > first && at < last && !isReduced(at))) return undefined;
  return {
    outer: sizeOf(shape.slice(0, first)),
    reduced: sizeOf(shape.slice(first, last + 1)),
    inner: sizeOf(shape.slice(last + 1)),
    outShape: shape.filter((_, at) => !isReduced(at)),
    keptShape: shape.map((length, at) => (isReduced(at) ? 1 : length)),
  };
}

/**
 * A reduction as the native loops do it. Over the pixels of a blocked image each block is a matrix of its own, and
 * the sums come out in row-major order; any other reduction reads a row-major form.
 */
export function reductionIn(backend: OneDnnBackend, x: TensorInfo, reduction: Reduction): ReductionForm {
  const { outer, reduced, inner } = reduction;
  const [images, height = 1, width = 1, channels] = x.shape;
  const isOverPixels = outer === images && reduced === height * width && inner === channels;
  const form = backend.formOf(x);
  if (form !== 'blocked') return { form, outer, reduced, inner };
  if (!isOverPixels) return { form: 'float32', outer, reduced, inner };
  return { form, outer: (outer * inner) / BLOCK_CHANNELS, reduced, inner: BLOCK_CHANNELS };
}
