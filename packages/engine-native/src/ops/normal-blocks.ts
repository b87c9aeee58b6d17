import { engine, getBackend, getKernel, type NamedAttrMap } from '@tensorflow/tfjs-core';

/** Kernel, registered by engines that have it. */
export const NORMAL_BLOCKS = 'CrucibleNormalBlocks';

export interface NormalBlocksAttrs {
  readonly out: Float32Array;
  readonly position: Int32Array;
  readonly tables: Float64Array;
}

/**
 * Fills `out` with the standard normals of a Philox4x32-10 stream, four per block.
 *
 * @param out a whole number of blocks
 * @param position six words, which stay as they are: counter of the first block, lowest word first, then key
 * @param tables of 1024 numbers each: cosine, sine, middle of a slice of [1, 2), its reciprocal, its logarithm
 */
export type NormalBlocks = (out: Float32Array, position: Uint32Array, tables: Float64Array) => void;

/** The current engine's own way to fill blocks, to the last bit that of the tables' owner; undefined if it has none. */
export function nativeNormalBlocks(): NormalBlocks | undefined {
  if (getKernel(NORMAL_BLOCKS, getBackend()) === undefined) return undefined;
  return (out, position, tables) => {
    const attrs: NormalBlocksAttrs = { out, position: new Int32Array(position), tables };
    engine().runKernel(NORMAL_BLOCKS, {}, attrs as unknown as NamedAttrMap);
  };
}
