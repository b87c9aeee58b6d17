import type { CandidateCost } from './candidate-cost.ts';

/** A candidate with its cost, as the front keeps it. */
export interface FrontMember extends CandidateCost {
  structure: string;
  score: number;
  /** milliseconds per image; null where nothing tells */
  latencyMs: number | null;
}

/** Costs that the score is weighed against, one front for each. */
export const FRONT_COSTS = ['params', 'flops', 'latencyMs'] as const;
export type FrontCost = (typeof FRONT_COSTS)[number];

/** Whether `a` is at least as good as `b` in score and cost and better in one of them. */
const beats = (a: FrontMember, b: FrontMember, cost: FrontCost): boolean => {
  const [costA, costB] = [a[cost], b[cost]];
  if (costA === null || costB === null) return false;
  return a.score >= b.score && costA <= costB && (a.score > b.score || costA < costB);
};

/** The fronts that `member` is on: those of the costs in which no other member beats it. */
export const frontsOf = (member: FrontMember, members: readonly FrontMember[]): FrontCost[] =>
  FRONT_COSTS.filter((cost) => member[cost] !== null && !members.some((other) => beats(other, member, cost)));

/**
 * Adds a candidate, in place, if it is on one of the fronts, and drops those that it pushes off the last front they were
 * on. The order is that of insertion.
 */
export function addToFronts(members: FrontMember[], candidate: FrontMember): void {
  if (members.some(({ structure }) => structure === candidate.structure)) return;
  if (frontsOf(candidate, members).length === 0) return;
  const all = [...members, candidate];
  members.splice(0, members.length, ...all.filter((member) => frontsOf(member, all).length > 0));
}

/** The fronts as CSV with a header line, by falling score. */
export function paretoFrontCsv(members: readonly FrontMember[]): string {
  const rows = [...members]
    .sort((a, b) => b.score - a.score)
    .map((member) =>
      [
        `"${member.structure}"`,
        member.score,
        member.depth,
        member.params,
        member.flops,
        member.latencyMs ?? '',
        ...FRONT_COSTS.map((cost) => (frontsOf(member, members).includes(cost) ? 1 : 0)),
      ].join(','),
    );
  const header = 'structure,score,depth,params,flops,latency_ms,on_params_front,on_flops_front,on_latency_front';
  return `${[header, ...rows].join('\n')}\n`;
}
