import {
  type BinaryInputs,
  Cumsum,
  type CumsumAttrs,
  type CumsumInputs,
  Equal,
  Greater,
  GreaterEqual,
  Less,
  LessEqual,
  LogicalAnd,
  LogicalNot,
  LogicalOr,
  NotEqual,
  Select,
  type SelectInputs,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core';
import type { OneDnnBackend } from '../backend.ts';
import { areFloat32, type NativeKernel, nativeKernel, sizeOf } from '../native-kernel.ts';
import { broadcastOf, operandSteps } from './broadcast.ts';

/** Codes of `Function` in `native/kernels/compare.cc`. */
const COMPARISONS = {
  [Greater]: 0,
  [GreaterEqual]: 1,
  [Less]: 2,
  [LessEqual]: 3,
  [Equal]: 4,
  [NotEqual]: 5,
} as const;
const LOGIC = { [LogicalAnd]: 6, [LogicalOr]: 7 } as const;

const bytesOf = (backend: OneDnnBackend, info: TensorInfo): Uint8Array => {
  const { values } = backend.record(info.dataId);
  return values instanceof Uint8Array ? values : Uint8Array.from(values as ArrayLike<number>);
};

const areBool = (...infos: readonly TensorInfo[]): boolean => infos.every(({ dtype }) => dtype === 'bool');

const comparison = (name: string, code: number, isLogic: boolean): NativeKernel =>
  nativeKernel<BinaryInputs>(name, ({ a, b }, _attrs, backend) => {
    if (!(isLogic ? areBool(a, b) : areFloat32(a, b))) return undefined;
    const broadcast = broadcastOf(a.shape, b.shape);
    if (broadcast === undefined) return undefined;
    const { outer, middle, inner, shape } = broadcast;
    const results = new Uint8Array(sizeOf(shape));
    const extent = Int32Array.of(outer, middle, inner, ...operandSteps(broadcast));
    const read = isLogic ? bytesOf : (_: OneDnnBackend, info: TensorInfo) => backend.float32(info);
    backend.addon.compare(code, read(backend, a), read(backend, b), results, extent);
    return backend.makeTensorInfo(shape, 'bool', results);
  });

const logicalNot = nativeKernel<{ x: TensorInfo }>(LogicalNot, ({ x }, _attrs, backend) =>
  backend.makeTensorInfo(
    x.shape,
    'bool',
    bytesOf(backend, x).map((value) => (value === 0 ? 1 : 0)),
  ),
);

const select = nativeKernel<SelectInputs>(Select, ({ condition, t, e }, _attrs, backend) => {
  if (!areFloat32(t, e) || condition.dtype !== 'bool' || t.shape.join() !== e.shape.join()) return undefined;
  const [choices, size] = [sizeOf(condition.shape), sizeOf(t.shape)];
  // one condition per element, or per element of the first axis
  const isPerRow = condition.shape.length <= 1 && choices === (t.shape[0] ?? 1);
  if (size === 0 || !(isPerRow || condition.shape.join() === t.shape.join())) return undefined;
  const { info, values } = backend.output(t.shape);
  const [whenTrue, whenFalse] = [backend.float32(t), backend.float32(e)];
  backend.addon.select(bytesOf(backend, condition), whenTrue, whenFalse, values, size / choices);
  return info;
});

const cumsum = nativeKernel<CumsumInputs, CumsumAttrs>(Cumsum, ({ x }, { axis, exclusive, reverse }, backend) => {
  const at = util.parseAxisParam(axis, x.shape)[0] ?? 0;
  if (!areFloat32(x) || sizeOf(x.shape) === 0 || x.shape.length === 0) return undefined;
  const { info, values } = backend.output(x.shape);
  const [outer, columns, inner] = [sizeOf(x.shape.slice(0, at)), x.shape[at] ?? 1, sizeOf(x.shape.slice(at + 1))];
  backend.addon.cumulate(backend.float32(x), values, outer, columns, inner, exclusive ? 1 : 0, reverse ? 1 : 0);
  return info;
});

/** Comparisons of float32 tensors, logic, choice between two tensors and running sums. */
export const compareKernels: readonly NativeKernel[] = [
  ...Object.entries(COMPARISONS).map(([name, code]) => comparison(name, code, false)),
  ...Object.entries(LOGIC).map(([name, code]) => comparison(name, code, true)),
  logicalNot,
  select,
  cumsum,
];
