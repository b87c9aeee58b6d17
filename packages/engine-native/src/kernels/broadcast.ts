import { backend_util } from '@tensorflow/tfjs-core';
import { sizeOf } from '../native-kernel.ts';

/** How two operands fit; codes of `Shape` in `native/kernels/binary.cc`. */
export const SAME = 0;
export const RIGHT_SCALAR = 1;
export const LEFT_SCALAR = 2;
const RIGHT_ROW = 3;
const LEFT_ROW = 4;
const RIGHT_COLUMN = 5;
const LEFT_COLUMN = 6;
export const RIGHT_FRAME = 7;
export const LEFT_FRAME = 8;

/** Two operands seen on an output of `[outer, middle, inner]`; `middle` is 1 but for frames. */
export interface Broadcast {
  readonly shape: number[];
  readonly outer: number;
  readonly middle: number;
  readonly inner: number;
  readonly code: number;
}

/**
 * Reads a broadcast as one of the nine shapes that the native loops do: same size, one side a scalar, one
 * side repeated over leading axes (a row), over trailing axes (a column) or over axes between (a frame, as
 * `[N, 1, 1, C]` on an image). Undefined for any other.
 */
export function broadcastOf(a: number[], b: number[]): Broadcast | undefined {
  const shape = backend_util.assertAndGetBroadcastShape(a, b);
  const size = sizeOf(shape);
  const [sizeA, sizeB] = [sizeOf(a), sizeOf(b)];
  if (size === 0) return undefined;
  if (sizeA === size && sizeB === size) return { shape, outer: 1, middle: 1, inner: size, code: SAME };
  const isRightSmall = sizeA === size;
  if (!isRightSmall && sizeB !== size) return undefined;
  const small = isRightSmall ? b : a;
  const smallSize = sizeOf(small);
  if (smallSize === 1)
    return { shape, outer: 1, middle: 1, inner: size, code: isRightSmall ? RIGHT_SCALAR : LEFT_SCALAR };

  const aligned = [...Array<number>(shape.length - small.length).fill(1), ...small];
  const isWhole = (axis: number) => aligned[axis] === shape[axis];
  const isOne = (axis: number) => aligned[axis] === 1;
  const axes = [...shape.keys()];
  const firstKept = axes.findIndex((axis) => !isOne(axis));
  const lastKept = axes.findLastIndex((axis) => !isOne(axis));
  if (axes.slice(firstKept).every(isWhole)) {
    return { shape, outer: size / smallSize, middle: 1, inner: smallSize, code: isRightSmall ? RIGHT_ROW : LEFT_ROW };
  }
  if (axes.slice(0, lastKept + 1).every(isWhole)) {
    return {
      shape,
      outer: smallSize,
      middle: 1,
      inner: size / smallSize,
      code: isRightSmall ? RIGHT_COLUMN : LEFT_COLUMN,
    };
  }
  const outerRank = axes.findIndex((axis) => !isWhole(axis));
  const innerFrom = axes.findLastIndex((axis) => !isWhole(axis)) + 1;
  if (!axes.slice(outerRank, innerFrom).every(isOne)) return undefined;
  return {
    shape,
    outer: sizeOf(shape.slice(0, outerRank)),
    middle: sizeOf(shape.slice(outerRank, innerFrom)),
    inner: sizeOf(shape.slice(innerFrom)),
    code: isRightSmall ? RIGHT_FRAME : LEFT_FRAME,
  };
}

/** Steps of both operands along outer, middle and inner; 0 where one is repeated. */
export function operandSteps({ outer, middle, inner, code }: Broadcast): number[] {
  const whole = [middle * inner, inner, 1];
  const repeated: Readonly<Record<number, number[]>> = {
    [SAME]: whole,
    [RIGHT_SCALAR]: [0, 0, 0],
    [LEFT_SCALAR]: [0, 0, 0],
    [RIGHT_ROW]: [0, 0, 1],
    [LEFT_ROW]: [0, 0, 1],
    [RIGHT_COLUMN]: [outer === 1 ? 0 : 1, 0, 0],
    [LEFT_COLUMN]: [outer === 1 ? 0 : 1, 0, 0],
    [RIGHT_FRAME]: [inner, 0, 1],
    [LEFT_FRAME]: [inner, 0, 1],
  };
  const small = repeated[code] ?? whole;
  const isLeftSmall = [LEFT_SCALAR, LEFT_ROW, LEFT_COLUMN, LEFT_FRAME].includes(code);
  return isLeftSmall ? [...small, ...whole] : [...whole, ...small];
}
