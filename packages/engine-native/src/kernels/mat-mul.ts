import {
  _FusedMatMul,
  type _FusedMatMulAttrs,
  type _FusedMatMulInputs,
  BatchMatMul,
  type BatchMatMulAttrs,
  type BatchMatMulInputs,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type { OneDnnBackend } from '../backend.ts';
import { areFloat32, type NativeKernel, nativeKernel, sizeOf } from '../native-kernel.ts';
import { activationCode } from './conv-plan.ts';

// Filled anew for each call; order of fields as in `native/kernels/matmul.cc`.
const fields = new Int32Array(11);

/** Rows and columns of the last two axes, after transposition. */
function matrixOf({ shape }: TensorInfo, isTransposed: boolean): [number, number] {
  const rows = shape.at(-2) ?? 1;
  const columns = shape.at(-1) ?? 1;
  return isTransposed ? [columns, rows] : [rows, columns];
}

/** Products with fewer multiplications lose more to rounding their operands than they gain. */
const MIN_BF16_PRODUCTS = 1e6;

function multiply(
  backend: OneDnnBackend,
  a: TensorInfo,
  b: TensorInfo,
  attrs: BatchMatMulAttrs,
  bias: TensorInfo | undefined,
  activation: number,
): TensorInfo | undefined {
  const [m, k] = matrixOf(a, attrs.transposeA);
  const [innerB, n] = matrixOf(b, attrs.transposeB);
  const stackA = a.shape.slice(0, -2);
  const stackB = b.shape.slice(0, -2);
  const [sizeA, sizeB] = [sizeOf(stackA), sizeOf(stackB)];
  if (k !== innerB || (sizeA !== sizeB && sizeA !== 1 && sizeB !== 1)) return undefined;
  if (m * n * k * sizeA * sizeB === 0) return undefined;
  // equal counts may still be different stacks, as [2, 3] against [3, 2]
  if (sizeA === sizeB && stackA.join() !== stackB.join() && sizeA !== 1) return undefined;
  const stack = sizeA > sizeB || (sizeA === sizeB && stackA.length >= stackB.length) ? stackA : stackB;
  const batch = Math.max(sizeA, sizeB);
  const form = backend.precision === 'bf16' && batch === 1 && m * n * k > MIN_BF16_PRODUCTS ? 'bf16' : 'float32';
  const flags = [attrs.transposeA ? 1 : 0, attrs.transposeB ? 1 : 0, bias ? 1 : 0, activation];
  fields.set([batch, sizeA, sizeB, m, n, k, ...flags, form === 'bf16' ? 1 : 0]);
  const { info, values } = backend.output([...stack, m, n]);
  const biasValues = bias ? backend.float32(bias) : null;
  const [left, right] = [backend.valuesIn(form, a), backend.valuesIn(form, b)];
  if (backend.addon.matMul(fields, left, right, values, biasValues) !== 0) return info;
  backend.disposeIntermediateTensorInfo(info);
  return undefined;
}

/** Products of stacks of matrices; transposes are read in place, bias and relu are fused. */
export const matMulKernels: readonly NativeKernel[] = [
  nativeKernel<BatchMatMulInputs, BatchMatMulAttrs>(BatchMatMul, ({ a, b }, attrs, backend) =>
    areFloat32(a, b) ? multiply(backend, a, b, attrs, undefined, 0) : undefined,
  ),

  nativeKernel<_FusedMatMulInputs, _FusedMatMulAttrs>(_FusedMatMul, (inputs, attrs, backend) => {
    const { a, b, bias, preluActivationWeights } = inputs;
    const activation = activationCode(attrs.activation);
    if (activation === undefined || preluActivationWeights || !areFloat32(a, b)) return undefined;
    if (bias && (sizeOf(bias.shape) !== bias.shape.at(-1) || bias.shape.at(-1) !== matrixOf(b, attrs.transposeB)[1])) {
      return undefined;
    }
    return multiply(backend, a, b, attrs, bias ?? undefined, activation);
  }),
];
