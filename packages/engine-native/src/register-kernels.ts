import { getKernelsForBackend, type KernelConfig, registerKernel, type TensorInfo } from '@tensorflow/tfjs-core';
import { ONEDNN, type OneDnnBackend } from './backend.ts';
import { batchNormKernels } from './kernels/batch-norm.ts';
import { batchNormTrainKernels } from './kernels/batch-norm-train.ts';
import { biasActKernels } from './kernels/bias-act.ts';
import { binaryKernels } from './kernels/binary.ts';
import { compareKernels } from './kernels/compare.ts';
import { composedKernels } from './kernels/composed.ts';
import { convNormTrainKernels } from './kernels/conv-norm-train.ts';
import { conv2dKernels } from './kernels/conv2d.ts';
import { conv2dGroupedKernels } from './kernels/conv2d-grouped.ts';
import { depthwiseConv2dKernels } from './kernels/depthwise-conv2d.ts';
import { extremeKernels } from './kernels/extremes.ts';
import { filledTensorKernels } from './kernels/filled-tensor.ts';
import { gatherKernels } from './kernels/gather.ts';
import { gradientKernels } from './kernels/gradient-kernels.ts';
import { groupNormKernels } from './kernels/group-norm.ts';
import { matMulKernels } from './kernels/mat-mul.ts';
import { normalBlocksKernels } from './kernels/normal-blocks.ts';
import { optimizerStepKernels } from './kernels/optimizer-steps.ts';
import { poolKernels } from './kernels/pool.ts';
import { reduceKernels } from './kernels/reduce.ts';
import { resizeKernels } from './kernels/resize.ts';
import { sgdStepKernels } from './kernels/sgd-step.ts';
import { shapeKernels } from './kernels/shape.ts';
import { softmaxKernels } from './kernels/softmax.ts';
import { transposeKernels } from './kernels/transpose.ts';
import { unaryKernels } from './kernels/unary.ts';
import type { KernelResult, NativeKernel } from './native-kernel.ts';
import { RefusedInputsError } from './ops/refused-inputs-error.ts';
import { countSlowPath } from './slow-path.ts';

type KernelFunction = KernelConfig['kernelFunc'];

/** Every native kernel. */
const NATIVE_KERNELS: readonly NativeKernel[] = [
  ...conv2dKernels,
  ...conv2dGroupedKernels,
  ...depthwiseConv2dKernels,
  ...matMulKernels,
  ...binaryKernels,
  ...unaryKernels,
  ...reduceKernels,
  ...poolKernels,
  ...softmaxKernels,
  ...composedKernels,
  ...compareKernels,
  ...gatherKernels,
  ...extremeKernels,
  ...resizeKernels,
  ...transposeKernels,
  ...shapeKernels,
  ...batchNormKernels,
  ...batchNormTrainKernels,
  ...convNormTrainKernels,
  ...groupNormKernels,
  ...biasActKernels,
  ...sgdStepKernels,
  ...optimizerStepKernels,
  ...normalBlocksKernels,
  ...filledTensorKernels,
  ...gradientKernels,
];

const bufferOf = (backend: OneDnnBackend, info: TensorInfo): ArrayBufferLike | undefined => {
  const values = backend.record(info.dataId).madeValues;
  return ArrayBuffer.isView(values) ? values.buffer : undefined;
};

/**
 * Marks tensors that came to share memory. Kernels of the plain backend may return a view of an input;
 * neither side may then go back to the pool or be written in place.
 */
function guardAliases(backend: OneDnnBackend, inputs: object, results: KernelResult): void {
  const sources = Object.values(inputs)
    .flat()
    .filter((input): input is TensorInfo => input?.dataId !== undefined);
  for (const result of [results].flat()) {
    const buffer = bufferOf(backend, result);
    if (buffer === undefined) continue;
    for (const source of sources) {
      if (source.dataId === result.dataId || bufferOf(backend, source) !== buffer) continue;
      backend.record(source.dataId).isEscaped = true;
      backend.record(result.dataId).isEscaped = true;
    }
  }
}

/** The plain CPU kernel, counted and guarded. */
const slowKernel =
  (name: string, plain: KernelFunction): KernelFunction =>
  (params) => {
    countSlowPath(name);
    const results = plain(params);
    guardAliases(params.backend as OneDnnBackend, params.inputs, results);
    return results;
  };

const fastKernel =
  ({ name, run }: NativeKernel, slow: KernelFunction | undefined): KernelFunction =>
  (params) => {
    const result = run(params.inputs, params.attrs, params.backend as OneDnnBackend) ?? slow?.(params);
    if (result === undefined) throw new RefusedInputsError(name);
    return result;
  };

/** Registers all kernels of the `onednn` backend: native ones where there are, plain CPU ones for the rest. */
export function registerKernels(): void {
  const native = new Map(NATIVE_KERNELS.map((kernel) => [kernel.name, kernel]));
  const registered = new Set<string>();
  for (const config of getKernelsForBackend('cpu')) {
    const slow = slowKernel(config.kernelName, config.kernelFunc);
    const kernel = native.get(config.kernelName);
    registerKernel({ ...config, backendName: ONEDNN, kernelFunc: kernel ? fastKernel(kernel, slow) : slow });
    registered.add(config.kernelName);
  }
  for (const kernel of NATIVE_KERNELS) {
    if (registered.has(kernel.name)) continue;
    registerKernel({ kernelName: kernel.name, backendName: ONEDNN, kernelFunc: fastKernel(kernel, undefined) });
  }
}
