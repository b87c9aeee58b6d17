import type { SuperBlock } from '@crucible/contracts';
import { rechained } from '../nn/structure/chain.ts';
import { splitDeepBlocks } from '../nn/structure/split.ts';
import type { Rng } from '../random/rng.ts';
import { drawByFactors, drawReplacement, type SearchSpace } from './search-space.ts';

/** How a child is made of its parent. */
export interface MutationOptions {
  space: SearchSpace;
  /** `repo`: lists of widths and depths, as many blocks as drawn; `paper`: factors, one block */
  mutation: 'repo' | 'paper';
  /** blocks with this many layers are split */
  splitThreshold: number;
}

/**
 * A child of `parent`: `draws` block indices are drawn (by mutation `paper` one), an index that comes up again is
 * skipped, each of the others is replaced; then input channels are set through the whole chain and deep blocks are split.
 */
export function mutate(parent: readonly SuperBlock[], draws: number, options: MutationOptions, rng: Rng): SuperBlock[] {
  const child = [...parent];
  const touched = new Set<number>();
  const replace = options.mutation === 'paper' ? drawByFactors : drawReplacement;
  for (let draw = 0; draw < (options.mutation === 'paper' ? 1 : draws); draw++) {
    const at = rng.below(child.length);
    const block = child[at];
    if (block === undefined || touched.has(at)) continue;
    touched.add(at);
    child[at] = replace(block, options.space, rng);
  }
  return splitDeepBlocks(rechained(child), options.splitThreshold);
}
