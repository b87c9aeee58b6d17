import { findBackend, registerBackend, setBackend } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs'; // registers the gradients of tfjs and its cpu backend
import os from 'node:os';
import type { Addon } from './addon.ts';
import { ONEDNN, OneDnnBackend } from './backend.ts';
import { BufferPool } from './buffer-pool.ts';
import { registerBatchNormTrainGradient, replaceBatchNormGradient } from './gradients/batch-norm.ts';
import { registerBiasActGradients } from './gradients/bias-act.ts';
import { registerConvNormTrainGradient } from './gradients/conv-norm-train.ts';
import { registerConv2dGroupedGradient } from './gradients/conv2d-grouped.ts';
import { registerGroupNormGradient } from './gradients/group-norm.ts';
import { replaceReluGradients } from './gradients/relu.ts';
import { replaceSumGradients } from './gradients/sum.ts';
import { boundHeapGrowth } from './heap-growth.ts';
import { registerKernels } from './register-kernels.ts';

/** Free buffers may hold this share of the memory that the process may use. */
const POOL_SHARE = 0.25;

function makePool(addon: Addon): BufferPool {
  const allocate = (length: number): Float32Array => {
    const memory = addon.allocate(length * Float32Array.BYTES_PER_ELEMENT);
    return memory === undefined ? new Float32Array(length) : new Float32Array(memory, 0, length);
  };
  const limit = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  return new BufferPool(allocate, POOL_SHARE * Math.min(limit, os.totalmem()));
}

/** The running `onednn` backend, or undefined if it was not started. */
export const runningOneDnn = (): OneDnnBackend | undefined => {
  const backend = findBackend(ONEDNN);
  return backend instanceof OneDnnBackend ? backend : undefined;
};

/** Makes the `onednn` backend the current one of tfjs. The first call registers it, its kernels and gradients. */
export async function startOneDnn(addon: Addon): Promise<OneDnnBackend> {
  const running = runningOneDnn();
  const backend = running ?? new OneDnnBackend(addon, makePool(addon));
  if (running === undefined) {
    boundHeapGrowth();
    registerKernels();
    registerBackend(ONEDNN, () => backend, 0);
    replaceReluGradients();
    replaceSumGradients();
    replaceBatchNormGradient();
    registerBatchNormTrainGradient();
    registerConvNormTrainGradient();
    registerBiasActGradients();
    registerConv2dGroupedGradient();
    registerGroupNormGradient();
  }
  await setBackend(ONEDNN);
  return backend;
}
