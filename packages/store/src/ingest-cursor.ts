import { CrucibleError } from '@crucible/contracts';
import type pg from 'pg';
import { type AttemptFence, type FencedAttempt, OWNS_JOB, staleFence } from './fence.ts';

/** A batch of one stream of an attempt. Sequences start at 1 and rise by one; each stream has its own. */
export interface Batch extends AttemptFence {
  sequence: number;
}

/** `isDuplicate`: the batch had been stored before and changed nothing. */
export interface BatchReceipt {
  isDuplicate: boolean;
}

/** Whose batch it is and what the stream held before it. */
export interface AcceptedBatch extends FencedAttempt {
  resumedStep: number | null;
  /** rows of the stream before this batch */
  numRowsBefore: number;
}

interface Row {
  job_id: string;
  number: number;
  resumed_step: number | null;
  rows: number | null;
}

/**
 * Moves the cursor of a stream from one batch to the next, and keeps the job from changing hands until the
 * transaction ends. The batch's rows go into the same transaction, so that cursor and rows cannot part.
 *
 * @returns null when the batch had been stored before
 * @throws `stale-fence`; `sequence-gap` with `expected` in its detail
 */
export async function acceptBatch(
  client: pg.PoolClient,
  batch: Batch,
  stream: 'metrics' | 'logs',
  numRows: number,
): Promise<AcceptedBatch | null> {
  const { rows } = await client.query<Row>(
    `with owner as (
       select a.job_id, a.number, a.resumed_step from job j join attempt a on a.job_id = j.id
       where ${OWNS_JOB} for share of j
     ), moved as (
       insert into ingest_cursor as c (attempt_id, stream, last_sequence, rows)
       select $1, $3, $4, $5 from owner
       where $4 = 1 or exists (select from ingest_cursor where attempt_id = $1 and stream = $3)
       on conflict (attempt_id, stream) do update
         set last_sequence = excluded.last_sequence, rows = c.rows + excluded.rows
         where c.last_sequence = excluded.last_sequence - 1
       returning rows
     )
     select o.job_id, o.number, o.resumed_step, m.rows from owner o left join moved m on true`,
    [batch.attemptId, batch.fence, stream, batch.sequence, numRows],
  );
  const [row] = rows;
  if (row === undefined) throw staleFence(batch);
  if (row.rows !== null)
    return {
      jobId: row.job_id,
      number: row.number,
      resumedStep: row.resumed_step,
      numRowsBefore: row.rows - numRows,
    };
  await refuseGap(client, batch, stream);
  return null;
}

/** @throws `sequence-gap` unless the batch lies at or before the cursor */
async function refuseGap(client: pg.PoolClient, batch: Batch, stream: string): Promise<void> {
  const { rows } = await client.query<{ last_sequence: number }>(
    'select last_sequence from ingest_cursor where attempt_id = $1 and stream = $2',
    [batch.attemptId, stream],
  );
  const last = rows[0]?.last_sequence ?? 0;
  if (batch.sequence > 0 && batch.sequence <= last) return;
  throw new CrucibleError(
    'sequence-gap',
    `sequence: got ${batch.sequence} of the stream of ${stream}, but ${last + 1} is next; send that one first.`,
    { detail: { stream, expected: last + 1 } },
  );
}
