import type { SuperBlock, ZenNasConfig } from '@crucible/contracts';
import { givenTable } from '../latency/given-table.ts';
import { latencyPredictor } from '../latency/predict.ts';
import type { MethodContext } from '../method.ts';
import type { Counter } from '../nn/structure/count.ts';
import { depthOf } from '../nn/structure/expand.ts';
import { activationBytes, type CountedImage, candidateCost } from './candidate-cost.ts';

/** Milliseconds that an image takes in a network, measured or predicted: a pure function of the structure. */
export type LatencyOf = (blocks: readonly SuperBlock[]) => number;

/** Upper bounds of a candidate; equality passes. Counted with links and without squeeze-and-excitation. */
export interface Budget {
  params: number | null;
  flops: number | null;
  depth: number;
  /** of one image, kept for the backward pass */
  activationBytes: number | null;
  counter: Counter;
  /** null: not bounded */
  latency?: { limitMs: number; of: LatencyOf } | null;
}

/** The budget of a config; the latency table that it names is read. @throws DataError if that is none */
export async function budgetOf(
  { budget: { latency, ...bounds } }: ZenNasConfig,
  ctx: MethodContext,
  image: CountedImage,
): Promise<Budget> {
  if (latency === null) return { ...bounds, latency };
  const predictor = latencyPredictor(await givenTable(ctx, latency.table));
  return { ...bounds, latency: { limitMs: latency.milliseconds, of: (blocks) => predictor.network(blocks, image) } };
}

export const BUDGET_NAMES = ['depth', 'params', 'flops', 'latency', 'activations'] as const;
export type BudgetName = (typeof BUDGET_NAMES)[number];

/**
 * The first budget that a structure breaks, asked in the order depth, parameters, FLOPs, latency, activations; null if
 * it keeps them all.
 */
export function brokenBudget(blocks: readonly SuperBlock[], budget: Budget, image: CountedImage): BudgetName | null {
  if (depthOf(blocks) > budget.depth) return 'depth';
  if (budget.params !== null || budget.flops !== null) {
    const cost = candidateCost(blocks, budget.counter, image);
    if (budget.params !== null && cost.params > budget.params) return 'params';
    if (budget.flops !== null && cost.flops > budget.flops) return 'flops';
  }
  const { latency = null } = budget;
  if (latency !== null && latency.of(blocks) > latency.limitMs) return 'latency';
  if (budget.activationBytes !== null && activationBytes(blocks, image) > budget.activationBytes) return 'activations';
  return null;
}
