import type { JobState } from '@crucible/contracts';
import type pg from 'pg';
import type { LockedAttempt } from './attempt-lock.ts';
import { moveJob } from './job-move.ts';
import { type Ending, settle } from './settle.ts';
import { storableText } from './stored-text.ts';

/**
 * Ends a live attempt and moves its job on, inside the transaction that locked both.
 *
 * @returns the state that the job has reached
 */
export async function endAttempt(client: pg.PoolClient, attempt: LockedAttempt, ending: Ending): Promise<JobState> {
  const { rows } = await client.query<{ num_earlier: number }>(
    `select count(*) as num_earlier from attempt
     where job_id = $1 and number > $2 and end_code = $3 and state = 'ended'`,
    [attempt.jobId, attempt.budgetAfterAttempt, ending.endCode],
  );
  const { to, endCode, delaySeconds } = settle(attempt.jobState, ending, rows[0]?.num_earlier ?? 0);
  const detail = ending.detail === null ? null : storableText(ending.detail);
  await client.query(
    `update attempt set state = 'ended', outcome = $2, end_code = $3, detail = $4, lease_until = null, ended_at = now()
     where id = $1`,
    [attempt.attemptId, ending.outcome, ending.endCode, detail],
  );
  const version = await moveJob(client, attempt.jobId, {
    to,
    // a dispatched job is still queued, and stays so when nobody claimed it
    ...(attempt.jobState === 'queued' && to === 'queued' ? { from: ['queued'] } : {}),
    ...(endCode === null ? { delaySeconds } : { endCode, detail: endCode === ending.endCode ? detail : null }),
    ...(to === 'succeeded' ? { summary: ending.summary } : {}),
  });
  if (version === null) throw new Error(`job ${attempt.jobId}: no move from ${attempt.jobState} to ${to}`);
  return to;
}
