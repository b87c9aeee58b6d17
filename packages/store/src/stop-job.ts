import { type EndCode, isAtLeast, type StopIntent } from '@crucible/contracts';
import type pg from 'pg';
import { CHANNELS } from './channels.ts';
import { moveJob } from './job-move.ts';

/** Time that a method has to obey before its process is ended by force: for a last checkpoint, or for its next step. */
const GRACE_SECONDS = { pause: 120, cancel: 10, kill: 0 } as const satisfies Partial<Record<StopIntent, number>>;

/** A running or stopping job, locked. */
export interface StoppableJob {
  id: string;
  stopIntent: StopIntent | null;
}

/**
 * Asks a running job to stop and tells its worker at once. A stronger intent replaces a weaker one, never the reverse;
 * the same one again changes nothing.
 *
 * @param code the limit that is the reason; absent: a user's wish
 */
export async function stopJob(
  client: pg.PoolClient,
  { id, stopIntent }: StoppableJob,
  intent: keyof typeof GRACE_SECONDS,
  code?: EndCode,
): Promise<void> {
  if (stopIntent !== null && isAtLeast(stopIntent, intent)) return;
  await moveJob(client, id, {
    to: 'stopping',
    from: ['running', 'stopping'],
    stop: { intent, graceSeconds: GRACE_SECONDS[intent], ...(code === undefined ? {} : { code }) },
  });
  await client.query(`select pg_notify($2, id::text) from attempt where job_id = $1 and state = 'running'`, [
    id,
    CHANNELS.cancels,
  ]);
}
