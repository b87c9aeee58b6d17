import type { Block } from '@crucible/contracts';

/** What a block costs for one image. */
export interface Cost {
  /** trainable parameters, as the counter sees them */
  params: number;
  /** multiply-accumulates, as the counter sees them */
  flops: number;
  /** elements that leave batch normalisation */
  normalised: number;
  /** height and width of the output */
  resolution: number;
}

/** A counter's rule for one block whose input has resolution `r`. */
export type CostOf = (block: Block, r: number) => Cost;

/** Cost of blocks one after the other, each at the resolution that the one before leaves. */
export function costOfChain(costOf: CostOf, blocks: readonly Block[], r: number): Cost {
  const total: Cost = { params: 0, flops: 0, normalised: 0, resolution: r };
  for (const block of blocks) {
    const cost = costOf(block, total.resolution);
    total.params += cost.params;
    total.flops += cost.flops;
    total.normalised += cost.normalised;
    total.resolution = cost.resolution;
  }
  return total;
}

/** Cost of branches side by side; the first one tells the resolution. */
export function costOfBranches(costOf: CostOf, branches: readonly (readonly Block[])[], r: number): Cost {
  const [first, ...others] = branches.map((branch) => costOfChain(costOf, branch, r));
  const total: Cost = first ?? { params: 0, flops: 0, normalised: 0, resolution: r };
  for (const cost of others) {
    total.params += cost.params;
    total.flops += cost.flops;
    total.normalised += cost.normalised;
  }
  return total;
}

/** Cost of a block that costs nothing itself. */
export const freeAt = (resolution: number): Cost => ({ params: 0, flops: 0, normalised: 0, resolution });
