import {
  type EndCode,
  type JobState,
  type StopIntent,
  statesBefore,
  TERMINAL_JOB_STATES,
  type Waiting,
} from '@crucible/contracts';
import { appendEvent } from './append-event.ts';
import type { Queryable } from './database.ts';
import { storableJson, storableText } from './stored-text.ts';

/** A change of a job's state with all that changes beside it. */
export interface JobMove {
  to: JobState;
  /** states that allow it @defaultValue those of the table of transitions */
  from?: readonly JobState[];
  /** why the job ended; for terminal states only */
  endCode?: EndCode;
  detail?: string | null;
  summary?: unknown;
  /** for `queued`: seconds to wait before it may be dispatched @defaultValue 0 */
  delaySeconds?: number;
  /** why it waits, where that is known already */
  waiting?: Waiting;
  /** for `stopping`: why, the seconds until its process is ended by force, and the limit that is the reason */
  stop?: { intent: StopIntent; graceSeconds: number; code?: EndCode };
}

/**
 * The one statement that changes the state of a job. {@link moveJob} is for everyone: it also tells the jobs that wait
 * for this one.
 *
 * @throws Error when the job is in no state that allows the move: who moves a job has locked it and knows its state
 */
export async function changeState(client: Queryable, jobId: string, move: JobMove): Promise<void> {
  const { to, endCode, delaySeconds = 0 } = move;
  const detail = move.detail === undefined || move.detail === null ? null : storableText(move.detail);
  const { rows } = await client.query<{ version: number }>(
    `update job set
       state = $2, version = version + 1, end_code = $4, detail = $5, summary = $6::jsonb, waiting = $11::jsonb,
       queued_at = case when $2 = 'queued' then now() else queued_at end,
       not_before = case when $2 = 'queued' and $7::float8 > 0 then now() + $7::float8 * interval '1 second'
         when $2 in ('blocked', 'queued', 'paused') then not_before end,
       started_at = case when $2 = 'running' then coalesce(started_at, now()) else started_at end,
       ended_at = case when $2 = any($8) then now() end,
       stop_intent = $9, stop_deadline = now() + $10 * interval '1 second', stop_code = $12
     where id = $1 and state = any($3)
     returning version`,
    [
      jobId,
      to,
      move.from ?? statesBefore(to),
      endCode ?? null,
      detail,
      storableJson(move.summary),
      delaySeconds,
      TERMINAL_JOB_STATES,
      move.stop?.intent ?? null,
      move.stop?.graceSeconds ?? null,
      storableJson(move.waiting),
      move.stop?.code ?? null,
    ],
  );
  const [moved] = rows;
  if (moved === undefined) throw new Error(`job ${jobId} is in no state that allows a move to ${to}`);
  const data = endCode === undefined ? {} : { endCode };
  await appendEvent(client, { kind: 'job.state', jobId, state: to, version: moved.version, data });
}
