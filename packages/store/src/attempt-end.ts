import type { JobState } from '@crucible/contracts';
import type pg from 'pg';
import type { LockedAttempt } from './attempt-lock.ts';
import { moveJob } from './job-move.ts';
import { type Ending, type History, POISON_CODES, settle } from './settle.ts';
import { storableText } from './stored-text.ts';

/** What the budgets of `attempt` count. Workers are told apart by name, which a restart does not change. */
async function readHistory(client: pg.PoolClient, attempt: LockedAttempt, { endCode }: Ending): Promise<History> {
  const { rows } = await client.query<{ num_earlier: number; lost_on: string[] }>(
    `select count(*) filter (where a.end_code = $3 and a.state = 'ended') as num_earlier,
       coalesce(array_agg(distinct w.name) filter (where $4 and (a.id = $5 or a.end_code = any($6))), '{}') as lost_on
     from attempt a left join worker w on w.id = a.worker_id
     where a.job_id = $1 and a.number > $2`,
    [
      attempt.jobId,
      attempt.budgetAfterAttempt,
      endCode,
      (POISON_CODES as readonly string[]).includes(endCode),
      attempt.attemptId,
      POISON_CODES,
    ],
  );
  const [row] = rows;
  return { numEarlier: row?.num_earlier ?? 0, lostOn: (row?.lost_on ?? []).filter((name) => name !== null) };
}

/**
 * Ends a live attempt and moves its job on, inside the transaction that locked both.
 *
 * @returns the state that the job has reached
 */
export async function endAttempt(client: pg.PoolClient, attempt: LockedAttempt, ending: Ending): Promise<JobState> {
  const settled = settle(attempt, ending, await readHistory(client, attempt, ending));
  const { to, endCode, delaySeconds } = settled;
  const detail = ending.detail === null ? null : storableText(ending.detail);
  await client.query(
    `update attempt set state = 'ended', outcome = $2, end_code = $3, detail = $4, lease_until = null, ended_at = now()
     where id = $1`,
    [attempt.attemptId, ending.outcome, ending.endCode, detail],
  );
  await moveJob(client, attempt.jobId, {
    to,
    // a dispatched job is still queued, and stays so when nobody claimed it
    ...(attempt.jobState === 'queued' && to === 'queued' ? { from: ['queued'] } : {}),
    ...(endCode === null
      ? { delaySeconds }
      : { endCode, detail: settled.detail ?? (endCode === ending.endCode ? detail : null) }),
    ...(to === 'succeeded' ? { summary: ending.summary } : {}),
  });
  return to;
}
