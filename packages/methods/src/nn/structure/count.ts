import { type Block, lastOf, outChannels, type SuperBlock } from '@crucible/contracts';
import { type Cost, costOfChain } from './cost.ts';
import { exactCost } from './exact-counter.ts';
import { leafBlocks } from './leaves.ts';
import { repoCost } from './repo-counter.ts';

/** `repo`: the counters of the released code; `exact`: the network that is built. */
export type Counter = 'repo' | 'exact';

export interface CountOptions {
  counter: Counter;
  /** height and width of the input in pixels */
  resolution: number;
  classes: number;
  /** @defaultValue true */
  residuals?: boolean;
  /** @defaultValue false */
  squeezeExcite?: boolean;
}

/**
 * Cost of the whole network: the super blocks, then global average pooling and one linear layer with bias.
 *
 * Published FLOPs of this method come from a profiler and are `flops + 2 * normalised` of the exact counter.
 */
export function countStructure(blocks: readonly SuperBlock[], options: CountOptions): Cost {
  const { counter, resolution, classes, residuals = true, squeezeExcite = false } = options;
  const width = outChannels(lastOf(blocks));
  const network: Block[] = [
    ...leafBlocks(blocks, { residuals, squeezeExcite }),
    { kind: 'average-pool', label: null, channels: width, size: 1 },
    { kind: 'flatten', label: null, channels: width },
    { kind: 'linear', label: null, in: width, out: classes, bias: true },
  ];
  return costOfChain(counter === 'repo' ? repoCost : exactCost, network, resolution);
}
