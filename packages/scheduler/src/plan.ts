import { estimateStarts } from './estimate.ts';
import { PoolSlots, type WorkerState } from './placement.ts';
import { POLICY, type SchedulingPolicy } from './policy.ts';
import { type Pass, PoolWalk } from './pool-walk.ts';
import { byPrecedence, inOrder, type RankedJob, ranked } from './precedence.ts';
import { blockedReason, type Finding, pausedReason, type Reason, reasonsFor } from './reasons.ts';
import { expectedEnd } from './runtime.ts';
import { ShareLedger } from './share.ts';
import type { BlockedJob, HeldSlots, Plan, QueuedJob, Snapshot, WaitingJob, WorkerSlots } from './snapshot.ts';

/** The part of a snapshot that concerns one pool. */
interface PoolPart {
  jobs: QueuedJob[];
  blocked: BlockedJob[];
  held: HeldSlots[];
  workers: WorkerSlots[];
}

function byPool(snapshot: Snapshot): [string, PoolPart][] {
  const parts = new Map<string, PoolPart>();
  const of = (pool: string): PoolPart => {
    const part = parts.get(pool) ?? { jobs: [], blocked: [], held: [], workers: [] };
    parts.set(pool, part);
    return part;
  };
  for (const job of snapshot.jobs) of(job.pool).jobs.push(job);
  for (const job of snapshot.blocked) of(job.pool).blocked.push(job);
  for (const held of snapshot.held) of(held.pool).held.push(held);
  for (const worker of snapshot.workers) of(worker.pool).workers.push(worker);
  return [...parts].sort(([a], [b]) => (a < b ? -1 : 1));
}

function slotsOf({ workers, held }: PoolPart, now: number): PoolSlots {
  const states = new Map<string, WorkerState>();
  for (const worker of workers)
    states.set(worker.id, {
      worker,
      free: worker.slots,
      freeing: 0,
      kept: 0,
      freeThen: 0,
      keptFrom: Number.POSITIVE_INFINITY,
      keptFor: [],
    });
  for (const { workerId, slots, state: attemptState } of held) {
    const state = states.get(workerId);
    if (state === undefined) continue; // on a worker that takes no more attempts
    state.free = Math.max(0, state.free - slots);
    if (attemptState === 'stopping') state.freeing += slots;
  }
  return new PoolSlots([...states.values()], now);
}

/**
 * The waiting jobs in the order in which they will be served, as far as it can be told: each is charged as it goes.
 * Those that a quota or their size keeps back come last.
 */
function inLine(
  all: readonly RankedJob[],
  waiting: readonly Finding[],
  largest: number,
  ledger: ShareLedger,
): { order: Finding[]; keptBack: Finding[] } {
  const found = new Map<string, Finding>();
  const keptBack: Finding[] = [];
  for (const finding of waiting) {
    const { job } = finding.ranked;
    if (finding.quota !== null || (largest > 0 && job.slots > largest)) keptBack.push(finding);
    else found.set(job.id, finding);
  }
  const copy = ledger.copy();
  const order: Finding[] = [];
  const jobs = all.filter(({ job }) => found.has(job.id));
  for (const { job } of inOrder(jobs, copy)) {
    order.push(found.get(job.id) as Finding);
    copy.charge(job);
  }
  return { order, keptBack };
}

/** Ids by the time at which they are expected to end, first one first. */
const nextToEnd = (held: readonly HeldSlots[], { now, medians }: Pass): string[] =>
  held
    .map((each) => ({ id: each.jobId, at: expectedEnd(each, now, medians), startedAt: each.startedAt }))
    .sort((a, b) => (a.at === b.at ? a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1) : a.at - b.at))
    .map(({ id }) => id);

function heldByTeam(held: readonly HeldSlots[]): Map<string, string[]> {
  const teams = new Map<string, string[]>();
  for (const { team, jobId } of held) teams.set(team, [...(teams.get(team) ?? []), jobId].sort());
  return teams;
}

/** A team learns nothing of the jobs of others, not even their ids. */
const withinTeam = (reason: Reason, team: string, { teamOf }: Pass): Reason => ({
  ...reason,
  blocking: reason.blocking.filter((jobId) => teamOf.get(jobId) === team),
});

function planPool(pool: string, part: PoolPart, allHeld: ReadonlyMap<string, string[]>, pass: Pass): Plan {
  const { ledger, now, medians, policy } = pass;
  const walk = new PoolWalk(slotsOf(part, now), part.held, pass);
  const isEligible = ({ notBefore }: QueuedJob): boolean => notBefore === null || notBefore <= now;
  const all = ranked(part.jobs, ledger, now, policy);
  for (const next of inOrder(
    all.filter(({ job }) => isEligible(job)),
    ledger,
  ))
    walk.take(next);

  const { largest, free } = walk.slots;
  const { order, keptBack } = inLine(all, walk.waiting, largest, ledger);
  const line = [...order, ...keptBack];
  const reasons = reasonsFor(line, {
    pool,
    largest,
    nextToEnd: nextToEnd(walk.held, pass),
    heldByTeam: allHeld,
    numWithBlocking: policy.numWithBlocking,
  });
  const starts = estimateStarts(
    order.map(({ ranked: { job } }) => job),
    walk.held,
    free,
    now,
    medians,
  );
  const waiting: WaitingJob[] = [];
  const add = (jobId: string, { code, message, blocking }: Reason, estimatedStart: number | null): void => {
    waiting.push({ jobId, code, message, position: waiting.length + 1, estimatedStart, blocking });
  };
  for (const [index, { ranked: rankedJob }] of line.entries())
    add(rankedJob.job.id, withinTeam(reasons[index] as Reason, rankedJob.job.team, pass), starts[index] ?? null); // those kept back have no estimate
  const paused = all.filter(({ job }) => !isEligible(job));
  paused.sort((a, b) => (a.job.notBefore ?? 0) - (b.job.notBefore ?? 0) || byPrecedence(a, b));
  for (const each of paused) add(each.job.id, pausedReason(each.job), each.job.notBefore);
  for (const job of part.blocked) add(job.id, blockedReason(job), null);
  return { dispatch: walk.dispatch, preempt: walk.preempt, reservations: walk.reservations, waiting };
}

/**
 * Decides which queued jobs start now and where, which running ones give their slots back, and why the others wait.
 *
 * A pure function of its arguments: tiers in order; between teams the one under its guarantee, then the smallest
 * share; inside a team the user with fewest slots, then priority with aging, then the time of submit, then the id.
 *
 * @param now milliseconds since 1970, of the clock that the snapshot's times come from
 */
export function plan(snapshot: Snapshot, now: number, policy: SchedulingPolicy = POLICY): Plan {
  const ledger = new ShareLedger(snapshot.teams, snapshot.held, policy);
  const teamOf = new Map(snapshot.jobs.map(({ id, team }) => [id, team]));
  for (const { jobId, team } of snapshot.held) teamOf.set(jobId, team);
  const pass: Pass = { ledger, medians: snapshot.medianRunSeconds, now, policy, teamOf };
  const allHeld = heldByTeam(snapshot.held);
  const whole: Plan = { dispatch: [], preempt: [], reservations: [], waiting: [] };
  for (const [pool, part] of byPool(snapshot)) {
    const { dispatch, preempt, reservations, waiting } = planPool(pool, part, allHeld, pass);
    whole.dispatch.push(...dispatch);
    whole.preempt.push(...preempt);
    whole.reservations.push(...reservations);
    for (const each of waiting) whole.waiting.push(each);
  }
  return whole;
}
