import type { StopIntent } from '@crucible/contracts';
import type pg from 'pg';
import { moveJob } from './job-move.ts';
import { stopJob } from './stop-job.ts';
import { transaction } from './transaction.ts';

const BATCH = 200;

/** A queued job that is on its way to nobody and has waited too long since it could have run. */
const QUEUED_TOO_LONG = `j.state = 'queued'
  and greatest(j.queued_at, j.not_before) + (j.limits->>'maxQueueSeconds')::int * interval '1 second' < now()
  and not exists (select from attempt a where a.job_id = j.id and a.state <> 'ended')`;

/** A running job whose attempts since the last retry by a user have taken too long, all together. */
const RUN_TOO_LONG = `j.state in ('running', 'stopping') and (j.stop_intent is null or j.stop_intent in ('preempt', 'pause'))
  and (j.limits->>'maxRunSeconds')::int < (
    select extract(epoch from sum(coalesce(a.ended_at, now()) - a.claimed_at)) from attempt a
    where a.job_id = j.id and a.number > j.budget_after_attempt)`;

interface LateJob {
  id: string;
  stopIntent: StopIntent | null;
}

/** Does `act` to each job for which `condition` holds, also once it is locked, each in a transaction of its own. */
async function forEachLate(
  pool: pg.Pool,
  condition: string,
  act: (client: pg.PoolClient, job: LateJob) => Promise<unknown>,
): Promise<number> {
  const { rows } = await pool.query<{ id: string }>(`select j.id from job j where ${condition} limit ${BATCH}`);
  let numLate = 0;
  for (const { id } of rows)
    await transaction(pool, async (client) => {
      await client.query('select from job where id = $1 for no key update', [id]);
      const { rows: late } = await client.query<LateJob>(
        `select j.id, j.stop_intent as "stopIntent" from job j where j.id = $1 and ${condition}`,
        [id],
      );
      for (const job of late) {
        await act(client, job);
        numLate += 1;
      }
    });
  return numLate;
}

/**
 * Ends jobs that waited longer than `limits.maxQueueSeconds`, and stops those that ran longer than
 * `limits.maxRunSeconds`. All times are the database's.
 *
 * @returns how many
 */
export async function enforceLimits(pool: pg.Pool): Promise<number> {
  const queued = await forEachLate(pool, QUEUED_TOO_LONG, (client, { id }) =>
    moveJob(client, id, { to: 'failed', endCode: 'queue-timeout' }),
  );
  const running = await forEachLate(pool, RUN_TOO_LONG, (client, job) => stopJob(client, job, 'cancel', 'run-timeout'));
  return queued + running;
}
