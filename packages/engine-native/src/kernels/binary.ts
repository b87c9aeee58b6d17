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
    // of equal shapes: when one side is blocked its neighbours in the network are too
    const isBlocked =
      a.shape.join() === b.shape.join() && (backend.isBlocked(a) || backend.isBlocked(b)) && a.shape.length === 4;
    const { info, values } = backend.outputIn(isBlocked, shape);
    const [left, right] = [backend.valuesIn(isBlocked, a), backend.valuesIn(isBlocked, b)];
    backend.addon.binary(code, left, right, values, outer, inner, broadcast.code);
    return info;
  });

const addN = nativeKernel<TensorInfo[]>(AddN, (tensors, _attrs, backend) => {
  const [first, second, ...others] = tensors;
  if (first === undefined || second === undefined || !areFloat32(...tensors)) return undefined;
  const isBlocked = tensors.every((tensor) => backend.isBlocked(tensor));
  const { info, values } = backend.outputIn(isBlocked, first.shape);
  const add = (a: Float32Array, b: TensorInfo) =>
    backend.addon.binary(CODES[Add], a, backend.valuesIn(isBlocked, b), values, 1, values.length, SAME);
  add(backend.valuesIn(isBlocked, first), second);
  for (const other of others) add(values, other);
  return info;
});

/** Arithmetic of two tensors in the seven broadcast shapes of `broadcastOf`, and sums of many. */
export const binaryKernels: readonly NativeKernel[] = [
  ...Object.entries(CODES).map(([name, code]) => arithmetic(name, code)),
  addN,
];
