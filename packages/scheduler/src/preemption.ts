import { TIERS, type Tier } from '@crucible/contracts';
import { type PoolSlots, roomOf, type WorkerState } from './placement.ts';
import type { SchedulingPolicy } from './policy.ts';
import type { RankedJob } from './precedence.ts';
import { expectedEnd } from './runtime.ts';
import type { ShareLedger } from './share.ts';
import type { HeldSlots, Snapshot } from './snapshot.ts';

/** What the choice of victims looks at. */
export interface PreemptionScene {
  pool: PoolSlots;
  /** live attempts of the pool that no job has taken as victims yet */
  held: readonly HeldSlots[];
  ledger: ShareLedger;
  now: number;
  medians: Snapshot['medianRunSeconds'];
  policy: SchedulingPolicy;
}

/** A worker and the attempts to stop there, so that the job fits. */
export interface Victims {
  state: WorkerState;
  victims: HeldSlots[];
}

const laneOf = (tier: Tier): number => TIERS.indexOf(tier);

/** True when a job has waited long enough and has a claim on slots of others: by its tier or by a guarantee. */
export function mayPreempt(
  { job, tier }: RankedJob,
  { ledger, now, policy }: Pick<PreemptionScene, 'ledger' | 'now' | 'policy'>,
): boolean {
  if (now - job.waitingSince < 1000 * policy.preemptAfterSeconds) return false;
  return tier !== 'low' || ledger.account(job.team).isOwed;
}

/** Work that would be repeated: the time since the last checkpoint of the attempt. */
const atRisk = ({ startedAt, savedAt }: HeldSlots, now: number): number => now - (savedAt ?? startedAt);

/** Dearest last: lower tiers first, then the team most over its share, then the least work at risk. */
const byCost =
  ({ ledger, now }: PreemptionScene) =>
  (a: HeldSlots, b: HeldSlots): number =>
    laneOf(b.tier) - laneOf(a.tier) ||
    ledger.account(b.team).share - ledger.account(a.team).share ||
    atRisk(a, now) - atRisk(b, now) ||
    (a.jobId < b.jobId ? -1 : 1);

/** Whether an attempt may be stopped for a job at all; guarantees are looked at when victims are put together. */
function isPossibleVictim(held: HeldSlots, { job, tier }: RankedJob, scene: PreemptionScene): boolean {
  const { ledger, now, medians, policy } = scene;
  if (held.state !== 'running' || now - held.startedAt < 1000 * policy.minRunSeconds) return false;
  if (expectedEnd(held, now, medians) - now < 1000 * policy.nearEndSeconds) return false;
  if (laneOf(held.tier) > laneOf(tier)) return true;
  return held.tier === tier && held.team !== job.team && ledger.account(job.team).isOwed;
}

/** The cheapest victims on one worker, none of whom could be left out; null when they would not be enough. */
function victimsOn(
  state: WorkerState,
  job: RankedJob,
  sorted: readonly HeldSlots[],
  ledger: ShareLedger,
): HeldSlots[] | null {
  const lacking = job.job.slots - roomOf(state);
  let gained = 0;
  const taken = new Map<string, number>();
  const chosen: HeldSlots[] = [];
  for (const each of sorted) {
    if (gained >= lacking) break;
    if (each.workerId !== state.worker.id) continue;
    const ofTeam = (taken.get(each.team) ?? 0) + each.slots;
    // What a team is guaranteed is not taken from it, or it would be owed the slots at once.
    if (each.team !== job.job.team && ledger.beyondGuarantee(each.team) < ofTeam) continue;
    taken.set(each.team, ofTeam);
    chosen.push(each);
    gained += each.slots;
  }
  if (gained < lacking) return null;
  // Several small ones may have been taken before one that is large enough alone.
  return chosen.filter(({ slots }) => {
    if (gained - slots < lacking) return true;
    gained -= slots;
    return false;
  });
}

/**
 * Chooses whom to stop so that a job fits on one worker: the fewest slots, then the cheapest victims. Null when no
 * choice would let the job start.
 */
export function chooseVictims(job: RankedJob, scene: PreemptionScene): Victims | null {
  const compare = byCost(scene);
  const sorted = scene.held.filter((each) => isPossibleVictim(each, job, scene)).sort(compare);
  if (sorted.length === 0) return null;
  const slotsOf = (victims: readonly HeldSlots[]) => victims.reduce((sum, { slots }) => sum + slots, 0);
  let best: Victims | null = null;
  for (const state of scene.pool.candidates(job.job)) {
    const victims = victimsOn(state, job, sorted, scene.ledger);
    if (victims === null || victims.length === 0) continue;
    const fewer = best === null ? -1 : slotsOf(victims) - slotsOf(best.victims);
    const dearest = victims.at(-1) as HeldSlots;
    if (fewer < 0 || (fewer === 0 && best !== null && compare(dearest, best.victims.at(-1) as HeldSlots) < 0))
      best = { state, victims };
  }
  return best;
}
