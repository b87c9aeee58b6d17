import { type Plan, plan, type SchedulingPolicy } from '@crucible/scheduler';
import type { Applied, Scheduling, SchedulingSnapshot, SlowFacts } from '@crucible/store';
import type { FastifyBaseLogger } from 'fastify';
import { PassRecords } from './pass-records.ts';
import { ReasonBook } from './reason-book.ts';

const FACTS_FOR_MS = 10_000;
/** Reasons are for people: a queue that moves fast need not rewrite them each time. */
const REASONS_EACH_MS = 1000;

export interface SchedulerDeps {
  scheduling: Scheduling;
  policy: SchedulingPolicy;
  log: Pick<FastifyBaseLogger, 'warn'>;
}

/** The leader's scheduler. */
export interface Scheduler {
  /**
   * One pass: read, decide, apply. What changed between reading and applying is passed over by the store and met again
   * in the next pass.
   *
   * @returns how many attempts were dispatched
   */
  pass(): Promise<number>;
  /** Resolves when nothing is being written. */
  settled(): Promise<void>;
}

/** The decisions of a plan with the versions of the rows that they were made for. */
function decisionsOf({ dispatch, preempt }: Plan, { jobs }: SchedulingSnapshot, { graceSeconds }: SchedulingPolicy) {
  if (dispatch.length === 0) return { dispatch: [], preempt, graceSeconds };
  const versionOf = new Map(jobs.map(({ id, version }) => [id, version]));
  return {
    dispatch: dispatch.map((each) => ({ ...each, version: versionOf.get(each.jobId) ?? 0 })),
    preempt,
    graceSeconds,
  };
}

/** Makes a scheduler. It keeps nothing that decides: another process may take over at any time. */
export function createScheduler({ scheduling, policy, log }: SchedulerDeps): Scheduler {
  const book = new ReasonBook();
  const records = new PassRecords(scheduling, log);
  let facts: { value: SlowFacts; readAt: number } | null = null;
  let reasonsAt = Number.NEGATIVE_INFINITY;

  const slowFacts = async (): Promise<SlowFacts> => {
    if (facts === null || performance.now() - facts.readAt > FACTS_FOR_MS)
      facts = { value: await scheduling.slowFacts(), readAt: performance.now() };
    return facts.value;
  };

  const apply = async (snapshot: SchedulingSnapshot, decided: Plan): Promise<Applied> => {
    const wanted = decided.dispatch.length + decided.preempt.length;
    if (wanted === 0) return { dispatched: [], preempted: [] };
    const applied = await scheduling.apply(decisionsOf(decided, snapshot, policy));
    const numDispatched = applied.dispatched.length;
    const numPreempted = applied.preempted.length;
    const { now } = snapshot;
    const document = { now, policy, snapshot, plan: decided };
    records.keep({ now, numDispatched, numPreempted, numRefused: wanted - numDispatched - numPreempted, document });
    return applied;
  };

  return {
    async pass() {
      const snapshot = await scheduling.snapshot(policy, await slowFacts());
      if (snapshot.jobs.length + snapshot.blocked.length === 0) return 0;
      const decided = plan(snapshot, snapshot.now, policy);
      const { dispatched } = await apply(snapshot, decided);
      if (performance.now() - reasonsAt >= REASONS_EACH_MS) {
        const reasons = book.changed(decided.waiting, snapshot);
        await scheduling.setWaiting(reasons);
        book.note(reasons, decided.waiting);
        reasonsAt = performance.now();
      }
      return dispatched.length;
    },
    settled: () => records.settled(),
  };
}
