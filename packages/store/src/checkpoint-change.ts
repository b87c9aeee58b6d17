import { type ChangeCheckpoint, CrucibleError, isTerminal, type JobState } from '@crucible/contracts';
import type pg from 'pg';
import { appendEvent } from './append-event.ts';
import { IS_IN_USE, removeCheckpoints } from './checkpoint-keep.ts';
import { jobOfCheckpoint } from './checkpoint-views.ts';
import { storableText } from './stored-text.ts';

interface LockedCheckpoint {
  jobId: string;
  jobState: JobState;
  step: number;
  pinned: boolean;
}

/**
 * Locks a committed checkpoint. First its job, as a claim does, so that nobody starts from it meanwhile.
 *
 * @throws `not-found`, also for one whose bytes are gone
 */
async function lockCommitted(client: pg.PoolClient, id: string): Promise<LockedCheckpoint> {
  const jobId = await jobOfCheckpoint(client, id);
  const job = await client.query<{ state: JobState }>('select state from job where id = $1 for share', [jobId]);
  const { rows } = await client.query<{ state: string; step: number; pinned: boolean }>(
    'select state, step, pinned from checkpoint where id = $1 for no key update',
    [id],
  );
  const [row] = rows;
  const jobState = job.rows[0]?.state;
  if (row?.state !== 'committed' || jobState === undefined)
    throw new CrucibleError('not-found', `Checkpoint ${id} is ${row?.state ?? 'gone'}: it has no bytes any more.`);
  return { jobId, jobState, step: row.step, pinned: row.pinned };
}

/** See {@link Checkpoints.change}. */
export async function changeCheckpoint(client: pg.PoolClient, id: string, change: ChangeCheckpoint): Promise<void> {
  const { jobId, step, pinned } = await lockCommitted(client, id);
  const { note } = change;
  await client.query('update checkpoint set pinned = $2, note = case when $3 then $4 else note end where id = $1', [
    id,
    change.pinned ?? pinned,
    note !== undefined,
    note === undefined || note === null ? null : storableText(note),
  ]);
  const data = { checkpointId: id, step, pinned: change.pinned ?? pinned };
  await appendEvent(client, { kind: 'checkpoint.changed', jobId, data });
}

/** See {@link Checkpoints.remove}. */
export async function removeCheckpoint(client: pg.PoolClient, id: string): Promise<void> {
  const { jobId, jobState, step, pinned } = await lockCommitted(client, id);
  const refuse = (why: string) => {
    throw new CrucibleError('checkpoint-in-use', `Checkpoint ${id} ${why}`);
  };
  if (pinned) refuse('is pinned; unpin it first.');
  const { rows } = await client.query<{ in_use: boolean; is_newest: boolean }>(
    `select ${IS_IN_USE} as in_use, not exists (
       select from checkpoint o where o.job_id = c.job_id and o.state = 'committed'
         and (o.committed_at, o.id) > (c.committed_at, c.id)) as is_newest
     from checkpoint c where c.id = $1`,
    [id],
  );
  if (rows[0]?.in_use) refuse('is what a live job starts or resumed from; it can go once that has ended.');
  if (rows[0]?.is_newest && !isTerminal(jobState))
    refuse(`is the newest of a job that is ${jobState} and would resume from it; cancel the job first.`);
  await removeCheckpoints(client, [id]);
  await appendEvent(client, {
    kind: 'checkpoint.changed',
    jobId,
    data: { checkpointId: id, step, state: 'deleted' },
  });
}
