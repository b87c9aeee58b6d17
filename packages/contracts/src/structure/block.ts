/** @file Blocks of a Zen-NAS structure string as plain data. `label` is the free name before `|`; null if none is written. */

/** GENet's blocks: two k x k; bottleneck; depth-wise between two 1x1; 1x1 then k x k; 1x1 then depth-wise. */
export type GenetFamily = 'genet-xx' | 'genet-bl' | 'genet-dw' | 'genet-k1kx' | 'genet-k1dw';

/** True for a block of the GENet family. */
export const isGenet = ({ family }: SuperBlock): boolean => family.startsWith('genet-');

/** Inner width of a GENet block: ratio times outer width, ties to even. */
export function genetWidth(out: number, ratio: number): number {
  const below = Math.floor(out * ratio);
  const fraction = out * ratio - below;
  return fraction > 0.5 || (fraction === 0.5 && below % 2 === 1) ? below + 1 : below;
}

/** What the search manipulates: a row of `layers` equal units; the first one carries the stride. */
export interface SuperBlock {
  kind: 'super';
  label: string | null;
  /**
   * `conv`: plain; `xx`: two k x k; `bl`: bottleneck, two units per layer; `mb`: inverted depth-wise, two per layer.
   * The `genet-` families of arXiv:2006.14090 have one unit per layer.
   */
  family: 'conv' | 'xx' | 'bl' | 'mb' | GenetFamily;
  kernel: number;
  /** widening of the depth-wise convolution in `mb`; inner over outer width in the `genet-` families; 1 elsewhere */
  expansion: number;
  in: number;
  out: number;
  stride: number;
  /** inner width; equals `out` in `conv`, which has none */
  bottleneck: number;
  layers: number;
}

export type LeafBlock =
  | {
      kind: 'conv';
      label: string | null;
      in: number;
      out: number;
      kernel: number;
      stride: number;
      groups: number;
    }
  | { kind: 'depthwise-conv'; label: string | null; channels: number; kernel: number; stride: number }
  | {
      kind: 'batch-norm' | 'relu' | 'swish' | 'squeeze-excite' | 'flatten';
      label: string | null;
      channels: number;
    }
  | { kind: 'linear'; label: string | null; in: number; out: number; bias: boolean }
  | { kind: 'max-pool'; label: string | null; channels: number; kernel: number; stride: number }
  | { kind: 'average-pool'; label: string | null; channels: number; size: number };

export type CompositeBlock =
  | { kind: 'sequential'; label: string | null; blocks: readonly Block[] }
  | {
      kind: 'residual';
      label: string | null;
      /** as written; null: follows from the blocks */
      in: number | null;
      stride: number | null;
      /** a projection even where the shapes match */
      alwaysProject: boolean;
      /** the projection has a bias, as in Zen-NAS @defaultValue true */
      projectionBias?: boolean;
      blocks: readonly Block[];
    }
  | { kind: 'sum' | 'concat'; label: string | null; branches: readonly (readonly Block[])[] };

export type Block = SuperBlock | LeafBlock | CompositeBlock;

/** Channels that enter a block. @throws RangeError if it has no inner block */
export function inChannels(block: Block): number {
  switch (block.kind) {
    case 'super':
    case 'conv':
    case 'linear':
      return block.in;
    case 'residual':
      return block.in ?? inChannels(firstOf(block.blocks));
    case 'sequential':
      return inChannels(firstOf(block.blocks));
    case 'sum':
    case 'concat':
      return inChannels(firstOf(firstOf(block.branches)));
    default:
      return block.channels;
  }
}

/** Channels that leave a block. @throws RangeError if it has no inner block */
export function outChannels(block: Block): number {
  switch (block.kind) {
    case 'super':
    case 'conv':
    case 'linear':
      return block.out;
    case 'residual':
    case 'sequential':
      return outChannels(lastOf(block.blocks));
    case 'sum':
      return outChannels(lastOf(firstOf(block.branches)));
    case 'concat':
      return block.branches.reduce((sum, branch) => sum + outChannels(lastOf(branch)), 0);
    default:
      return block.channels;
  }
}

/** First of a list that the grammar keeps non-empty. */
export function firstOf<T>(items: readonly T[]): T {
  const [first] = items;
  if (first === undefined) throw new RangeError('a structure needs at least one block');
  return first;
}

/** Last of a list that the grammar keeps non-empty. */
export function lastOf<T>(items: readonly T[]): T {
  const last = items.at(-1);
  if (last === undefined) throw new RangeError('a structure needs at least one block');
  return last;
}
