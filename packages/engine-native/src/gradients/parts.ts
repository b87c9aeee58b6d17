import type { Tensor } from '@tensorflow/tfjs-core';

/** One of several results of a gradient kernel; they live until the backward scope ends. */
export const part = (parts: readonly Tensor[], at: number) => (): Tensor => {
  const found = parts[at];
  if (found === undefined) throw new Error(`gradient kernel has no result ${at}`);
  return found;
};
