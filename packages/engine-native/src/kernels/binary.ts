import {
  Add,
  AddN,
  type BinaryInputs,
  Maximum,
  Minimum,
  Multiply,
  RealDiv,
  Sub,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { areFloat32, type NativeKernel, nativeKernel } from '../native-kernel.ts';
import { broadcastOf, SAME } from './broadcast.ts';

/** Codes of `Function` in `native/kernels/binary.cc`. */
const CODES = { [Add]: 0, [Sub]: 1, [Multiply]: 2, [RealDiv]: 3, [Maximum]: 4, [Minimum]: 5 } as const;

const arithmetic = (name: string, code: number): NativeKernel =>
  nativeKernel<BinaryInputs>(name, ({ a, b }, _attrs, backend) => {
    if (!areFloat32(a, b)) return undefined;
    const broadcast = broadcastOf(a.shape, b.shape);
    if (broadcast === undefined) return undefined;
    const { shape, outer, inner } = broadcast;
    const { info, values } = backend.output(shape);
    backend.addon.binary(code, backend.float32(a), backend.float32(b), values, outer, inner, broadcast.code);
    return info;
  });

const addN = nativeKernel<TensorInfo[]>(AddN, (tensors, _attrs, backend) => {
  const [first, second, ...others] = tensors;
  if (first === undefined || second === undefined || !areFloat32(...tensors)) return undefined;
  const { info, values } = backend.output(first.shape);
  const add = (a: Float32Array, b: TensorInfo) =>
    backend.addon.binary(CODES[Add], a, backend.float32(b), values, 1, values.length, SAME);
  add(backend.float32(first), second);
  for (const other of others) add(values, other);
  return info;
});

/** Arithmetic of two tensors in the seven broadcast shapes of `broadcastOf`, and sums of many. */
export const binaryKernels: readonly NativeKernel[] = [
  ...Object.entries(CODES).map(([name, code]) => arithmetic(name, code)),
  addN,
];
