import { type NativeKernel, nativeKernel } from '../native-kernel.ts';
import { NORMAL_BLOCKS, type NormalBlocksAttrs } from '../ops/normal-blocks.ts';

/** Normals of a stream in one native call. */
export const normalBlocksKernels: readonly NativeKernel[] = [
  nativeKernel<object, NormalBlocksAttrs>(NORMAL_BLOCKS, (_inputs, { out, position, tables }, backend) => {
    backend.addon.normalBlocks(out, position, tables);
    return [];
  }),
];
