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
import { BLOCK_CHANNELS, type OneDnnBackend } from '../backend.ts';
import { areFloat32, type NativeKernel, nativeKernel } from '../native-kernel.ts';
import { type Broadcast, broadcastOf, LEFT_FRAME, LEFT_SCALAR, RIGHT_FRAME, RIGHT_SCALAR, SAME } from './broadcast.ts';

/** Codes of `Function` in `native/kernels/binary.cc`. */
const CODES = { [Add]: 0, [Sub]: 1, [Multiply]: 2, [RealDiv]: 3, [Maximum]: 4, [Minimum]: 5 } as const;

/**
 * The same broadcast on blocked data, where that is possible: equal shapes, a scalar, and `[N, 1, 1, C]` on
 * `[N, H, W, C]`, whose elements lie in the order of blocks already. Undefined if neither side is blocked.
 */
function onBlocks(backend: OneDnnBackend, a: TensorInfo, b: TensorInfo, broadcast: Broadcast): Broadcast | undefined {
  const { shape, code } = broadcast;
  if (shape.length !== 4 || !(backend.isBlocked(a) || backend.isBlocked(b))) return undefined;
  if (code === SAME) return a.shape.join() === b.shape.join() ? broadcast : undefined;
  if (code === RIGHT_SCALAR || code === LEFT_SCALAR) return broadcast;
  const [images = 1, height = 1, width = 1, channels = 1] = shape;
  const isFrame = code === RIGHT_FRAME || code === LEFT_FRAME;
  if (!isFrame || broadcast.outer !== images || broadcast.inner !== channels) return undefined;
  return { ...broadcast, outer: (images * channels) / BLOCK_CHANNELS, middle: height * width, inner: BLOCK_CHANNELS };
}

/** True if kernels made all of them as bf16; their sum stays in that form. */
const areNarrow = (backend: OneDnnBackend, ...tensors: TensorInfo[]): boolean =>
  tensors.every((tensor) => backend.formOf(tensor) === 'bf16');

const arithmetic = (name: string, code: number): NativeKernel =>
  nativeKernel<BinaryInputs>(name, ({ a, b }, _attrs, backend) => {
    if (!areFloat32(a, b)) return undefined;
    const rowMajor = broadcastOf(a.shape, b.shape);
    if (rowMajor === undefined) return undefined;
    if (name === Add && rowMajor.code === SAME && areNarrow(backend, a, b)) {
      const { info, values } = backend.outputBf16(rowMajor.shape);
      backend.addon.addBf16(backend.bf16(a), backend.bf16(b), values);
      return info;
    }
    const blocked = onBlocks(backend, a, b, rowMajor);
    const { outer, middle, inner, shape, code: fit } = blocked ?? rowMajor;
    const isBlocked = blocked !== undefined;
    const isWhole = (info: TensorInfo) => info.shape.join() === shape.join();
    const { info, values } = isBlocked ? backend.outputBlocked(shape) : backend.output(shape);
    const elements = (info: TensorInfo) => (isBlocked && isWhole(info) ? backend.blocked(info) : backend.float32(info));
    const [left, right] = [elements(a), elements(b)];
    backend.addon.binary(code, left, right, values, fit, outer, middle, inner);
    return info;
  });

const addN = nativeKernel<TensorInfo[]>(AddN, (tensors, _attrs, backend) => {
  const [first, second, ...others] = tensors;
  if (first === undefined || second === undefined || !areFloat32(...tensors)) return undefined;
  const isBlocked = tensors.every((tensor) => backend.formOf(tensor) === 'blocked');
  const elements = (tensor: TensorInfo) => (isBlocked ? backend.blocked(tensor) : backend.float32(tensor));
  const { info, values } = isBlocked ? backend.outputBlocked(first.shape) : backend.output(first.shape);
  const add = (a: Float32Array, b: TensorInfo) =>
    backend.addon.binary(CODES[Add], a, elements(b), values, SAME, 1, 1, values.length);
  add(elements(first), second);
  for (const other of others) add(values, other);
  return info;
});

/** Arithmetic of two tensors in the broadcast shapes of `broadcastOf`, and sums of many. */
export const binaryKernels: readonly NativeKernel[] = [
  ...Object.entries(CODES).map(([name, code]) => arithmetic(name, code)),
  addN,
];
