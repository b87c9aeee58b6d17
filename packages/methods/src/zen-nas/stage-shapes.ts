import { printStructure, type SuperBlock } from '@crucible/contracts';
import { costOfChain } from '../nn/structure/cost.ts';
import { exactCost } from '../nn/structure/exact-counter.ts';
import { expandBlock } from '../nn/structure/expand.ts';
import { leafBlocks } from '../nn/structure/leaves.ts';

/** One super block of a network, as it is built for training. */
export interface StageShape {
  block: string;
  /** height and width of its output */
  resolution: number;
  channels: number;
  layers: number;
  /** those of its main path */
  convolutions: number;
  params: number;
  /** multiply-accumulates of one image */
  flops: number;
}

/** Shape and exact cost of every super block, in order; the head is not among them. */
export function stageShapes(blocks: readonly SuperBlock[], resolution: number): StageShape[] {
  const withLinks = { residuals: true, squeezeExcite: false };
  let size = resolution;
  return blocks.map((block) => {
    const cost = costOfChain(exactCost, leafBlocks([block], withLinks), size);
    size = cost.resolution;
    return {
      block: printStructure([block]),
      resolution: size,
      channels: block.out,
      layers: block.layers,
      convolutions: expandBlock(block, withLinks).reduce((sum, unit) => sum + unit.layers.length, 0),
      params: cost.params,
      flops: cost.flops,
    };
  });
}
