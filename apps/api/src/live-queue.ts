import type { QueueEntry, QueueQuery, QueueView, Waiting } from '@crucible/contracts';
import { plan, type SchedulingPolicy, type WaitingJob } from '@crucible/scheduler';
import type { Scheduling, SchedulingSnapshot, TeamFilter } from '@crucible/store';

const ON_ITS_WAY: Waiting = {
  code: 'dispatched',
  message: 'on its way to a worker',
  position: 1,
  estimatedStart: null,
  blocking: [],
};

const toWaiting = ({ code, message, position, estimatedStart, blocking }: WaitingJob): Waiting => ({
  code,
  message,
  position,
  estimatedStart: estimatedStart === null ? null : new Date(estimatedStart).toISOString(),
  blocking,
});

/** The jobs that the next pass would start wait for no more than that pass. */
const aboutToStart = (jobId: string): [string, Waiting] => [
  jobId,
  {
    code: 'resources',
    message: 'starts with the next scheduling pass',
    position: 1,
    estimatedStart: null,
    blocking: [],
  },
];

function slotsOf({ workers, held }: SchedulingSnapshot, pool: string | undefined) {
  const ready = workers.filter((worker) => pool === undefined || worker.pool === pool);
  const ids = new Set(ready.map(({ id }) => id));
  const busy = held.filter(({ workerId }) => ids.has(workerId)).reduce((sum, { slots }) => sum + slots, 0);
  return { total: ready.reduce((sum, { slots }) => sum + slots, 0), busy };
}

/**
 * The queue as the scheduler sees it. Any API process can tell: the plan is a function of what is stored, so the
 * positions and estimates are exact, while those that are stored with each job are rounded. Of the jobs of other teams
 * than `team` only the number shows.
 */
export async function readLiveQueue(
  scheduling: Scheduling,
  { pool, limit }: QueueQuery,
  team: TeamFilter,
  policy: SchedulingPolicy,
): Promise<QueueView> {
  const snapshot = await scheduling.snapshot(policy, await scheduling.slowFacts());
  const { dispatch, waiting } = plan(snapshot, snapshot.now, policy);
  const line = new Map<string, Waiting>();
  for (const { jobId, state } of snapshot.held) if (state === 'dispatched') line.set(jobId, ON_ITS_WAY);
  for (const { jobId } of dispatch) line.set(...aboutToStart(jobId));
  for (const each of waiting) if (each.position <= limit) line.set(each.jobId, toWaiting(each));
  const rows = new Map((await scheduling.queueRows([...line.keys()], team)).map((row) => [row.jobId, row]));
  const entries = [...line].flatMap<QueueEntry>(([jobId, reason]) => {
    const row = rows.get(jobId);
    return row === undefined || (pool !== undefined && row.pool !== pool) ? [] : { ...row, waiting: reason };
  });
  return {
    data: entries.sort((a, b) => (a.pool < b.pool ? -1 : a.pool > b.pool ? 1 : 0)), // stable: in line within a pool
    slots: slotsOf(snapshot, pool),
    waiting: waiting.length,
  };
}
