import {
  Abs,
  Exp,
  Log,
  Neg,
  Relu,
  Relu6,
  Rsqrt,
  Sigmoid,
  Sqrt,
  Square,
  Step,
  type StepAttrs,
  Tanh,
  type UnaryInputs,
} from '@tensorflow/tfjs-core';
import { areFloat32, type NativeKernel, nativeKernel, sizeOf } from '../native-kernel.ts';

/** Codes of `Function` in `native/kernels/unary.cc`. */
const SIMPLE = {
  [Relu]: 0,
  [Relu6]: 1,
  [Step]: 2,
  [Square]: 3,
  [Sqrt]: 4,
  [Rsqrt]: 5,
  [Neg]: 6,
  [Abs]: 7,
} as const;

/** Functions whose result needs no rounding if the argument did not: they stay in bf16. */
const EXACT_IN_BF16: ReadonlySet<string> = new Set([Relu, Relu6, Step, Neg, Abs]);

/** Codes of `Function` in `native/kernels/eltwise.cc`. */
const TRANSCENDENTAL = { [Exp]: 0, [Log]: 1, [Sigmoid]: 2, [Tanh]: 3 } as const;

const simple = (name: string, code: number): NativeKernel =>
  nativeKernel<UnaryInputs, Partial<StepAttrs>>(name, ({ x }, attrs, backend) => {
    if (!areFloat32(x)) return undefined;
    const found = backend.formOf(x);
    const form = found === 'bf16' && !EXACT_IN_BF16.has(name) ? 'float32' : found;
    const { info, values } = backend.outputIn(form, x.shape);
    backend.addon.unary(code, backend.valuesIn(form, x), values, attrs?.alpha ?? 0);
    return info;
  });

const transcendental = (name: string, code: number): NativeKernel =>
  nativeKernel<UnaryInputs>(name, ({ x }, _attrs, backend) => {
    if (!areFloat32(x) || sizeOf(x.shape) === 0) return undefined;
    const { info, values } = backend.output(x.shape);
    backend.addon.eltwise(code, backend.float32(x), values);
    return info;
  });

/** Functions of one float32 tensor, element by element. */
export const unaryKernels: readonly NativeKernel[] = [
  ...Object.entries(SIMPLE).map(([name, code]) => simple(name, code)),
  ...Object.entries(TRANSCENDENTAL).map(([name, code]) => transcendental(name, code)),
];
