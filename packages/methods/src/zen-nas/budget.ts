import type { SuperBlock } from '@crucible/contracts';
import { type Counter, countStructure } from '../nn/structure/count.ts';
import { depthOf } from '../nn/structure/expand.ts';

/** Upper bounds of a candidate; equality passes. Counted with links and without squeeze-and-excitation. */
export interface Budget {
  params: number | null;
  flops: number | null;
  depth: number;
  counter: Counter;
}

export type BudgetName = 'depth' | 'params' | 'flops';

/** The first budget that a structure breaks, asked in the order depth, parameters, FLOPs; null if it keeps them all. */
export function brokenBudget(
  blocks: readonly SuperBlock[],
  budget: Budget,
  image: { resolution: number; classes: number },
): BudgetName | null {
  if (depthOf(blocks) > budget.depth) return 'depth';
  if (budget.params === null && budget.flops === null) return null;
  const cost = countStructure(blocks, { counter: budget.counter, ...image });
  if (budget.params !== null && cost.params > budget.params) return 'params';
  if (budget.flops !== null && cost.flops > budget.flops) return 'flops';
  return null;
}
