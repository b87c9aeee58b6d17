import {
  type GradFunc,
  getBackend,
  getGradient,
  type NamedAttrMap,
  registerGradient,
  type Tensor,
  unregisterGradient,
} from '@tensorflow/tfjs-core';
import { ONEDNN } from '../backend.ts';

type NamedGradientMap = ReturnType<GradFunc>;

/** A gradient for the `onednn` backend; undefined leaves the case to the stock gradient. */
export type NativeGradient = (dy: Tensor, saved: Tensor[], attrs: NamedAttrMap) => NamedGradientMap | undefined;

/**
 * Puts a gradient in front of the stock one. tfjs has one gradient per kernel for all backends, so the
 * choice is made at run time: other backends keep the stock gradient, with the same saved tensors.
 */
export function replaceGradient(kernelName: string, native: NativeGradient): void {
  const stock = getGradient(kernelName);
  if (stock === undefined) {
    throw new Error(`no gradient is registered for ${kernelName}; import '@tensorflow/tfjs' before the engine`);
  }
  const gradFunc: GradFunc = (dy, saved, attrs) => {
    const found = getBackend() === ONEDNN && !Array.isArray(dy) ? native(dy, saved, attrs) : undefined;
    return found ?? stock.gradFunc(dy, saved, attrs);
  };
  unregisterGradient(kernelName);
  registerGradient({ ...stock, gradFunc });
}
