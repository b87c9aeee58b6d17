import { plan, type Snapshot } from '@crucible/scheduler';
import type { Scheduling, SchedulingSnapshot } from '@crucible/store';

/** The stored columns in the scheduler's terms. */
export const toPlanInput = ({ queued, pools }: SchedulingSnapshot): Snapshot => ({
  jobs: queued.map(({ jobId, pool, slots, priority, submittedAt, notBefore, isDispatched }) => ({
    id: jobId,
    pool,
    slots,
    priority,
    submittedAt,
    notBefore,
    isDispatched,
  })),
  pools: pools.map(({ name, total, busy }) => ({ pool: name, total, free: Math.max(0, total - busy) })),
});

/**
 * One scheduling pass: read, decide, apply. What changed between reading and applying is passed over by the store
 * and met again in the next pass.
 *
 * @returns how many attempts were dispatched
 */
export async function schedulePass(scheduling: Scheduling): Promise<number> {
  const snapshot = await scheduling.snapshot();
  if (snapshot.queued.length === 0) return 0;
  const { dispatch, waiting } = plan(toPlanInput(snapshot), snapshot.now);
  const versionOf = new Map(snapshot.queued.map(({ jobId, version }) => [jobId, version]));
  const dispatched =
    dispatch.length === 0
      ? []
      : await scheduling.dispatch(dispatch.map((jobId) => ({ jobId, version: versionOf.get(jobId) ?? 0 })));
  await scheduling.setWaiting(
    waiting
      .filter(({ code }) => code !== 'dispatched') // the dispatch itself has stored that
      .map(({ jobId, code, message, position }) => ({
        jobId,
        waiting: { code, message, position, estimatedStart: null, blocking: [] },
      })),
  );
  return dispatched.length;
}
