import { CrucibleError, type EndCode, type JobState, type Outcome } from '@crucible/contracts';
import type pg from 'pg';
import { endAttempt } from './attempt-end.ts';
import { lockAttempt } from './attempt-lock.ts';
import { type AttemptFence, staleFence } from './fence.ts';
import type { Ending } from './settle.ts';
import { transaction } from './transaction.ts';

/** Sequence number of the last batch that was sent on each stream; 0 for none. */
export interface StreamEnds {
  metrics: number;
  logs: number;
}

export interface Finish extends AttemptFence {
  outcome: Extract<Outcome, 'succeeded' | 'failed' | 'canceled' | 'paused' | 'preempted'>;
  endCode: EndCode;
  /** what went wrong, in a sentence; null on success */
  detail: string | null;
  /** final values of the method, null unless succeeded */
  summary: unknown;
  streams: StreamEnds;
}

/** Outcomes that nobody reaches without having been asked to. */
const ASKED: readonly Outcome[] = ['canceled', 'paused', 'preempted'];

/** See {@link Attempts.finish}. */
export const finishAttempt = (pool: pg.Pool, finish: Finish): Promise<JobState> =>
  endFenced(pool, finish, finish, (client) =>
    finish.outcome === 'succeeded' ? assertStreamsStored(client, finish) : Promise.resolve(),
  );

/** See {@link Attempts.release}. */
export const releaseAttempt = (pool: pg.Pool, attempt: AttemptFence): Promise<JobState> =>
  endFenced(pool, attempt, { outcome: 'released', endCode: 'drained', detail: null, summary: null }, () =>
    Promise.resolve(),
  );

/**
 * Ends an attempt on the word of its owner. A repeat, whose first answer was lost, changes nothing.
 *
 * @throws `stale-fence`
 */
function endFenced(
  pool: pg.Pool,
  { attemptId, fence }: AttemptFence,
  ending: Ending,
  check: (client: pg.PoolClient) => Promise<void>,
): Promise<JobState> {
  return transaction(pool, async (client) => {
    const attempt = await lockAttempt(client, attemptId);
    if (attempt === null || attempt.fence !== fence) throw staleFence({ attemptId, fence });
    if (attempt.state === 'ended' && attempt.outcome === ending.outcome) return attempt.jobState;
    if (attempt.state !== 'running' || attempt.jobFence !== fence) throw staleFence({ attemptId, fence });
    if (ASKED.includes(ending.outcome) && attempt.jobState !== 'stopping')
      throw new CrucibleError('illegal-transition', `Nobody asked job ${attempt.jobId} to stop.`, {
        detail: { state: attempt.jobState },
      });
    await check(client);
    return endAttempt(client, attempt, ending);
  });
}

/** Success must not outrun what led to it. @throws `sequence-gap` */
async function assertStreamsStored(client: pg.PoolClient, { attemptId, streams }: Finish): Promise<void> {
  const { rows } = await client.query<{ stream: keyof StreamEnds; last_sequence: number }>(
    'select stream, last_sequence from ingest_cursor where attempt_id = $1',
    [attemptId],
  );
  for (const stream of ['metrics', 'logs'] as const) {
    const stored = rows.find((row) => row.stream === stream)?.last_sequence ?? 0;
    if (stored < streams[stream])
      throw new CrucibleError(
        'sequence-gap',
        `${stream}: batch ${stored + 1} of ${streams[stream]} is not stored yet; send it before finishing.`,
        { detail: { stream, expected: stored + 1 } },
      );
  }
}
