import {
  CrucibleError,
  JOB_ACTIONS,
  type JobAction,
  type JobState,
  type JobView,
  legalActions,
} from '@crucible/contracts';
import type pg from 'pg';
import { CHANNELS } from './channels.ts';
import { assertJobId, readJob } from './job-lookup.ts';
import { moveJob } from './job-move.ts';

/** Time that a method has to obey before its process is ended by force. */
const CANCEL_GRACE_SECONDS = 10;

/**
 * Reads the state of a job and keeps it until the transaction ends.
 *
 * @throws `not-found`; `illegal-transition` when its state does not allow `action`
 */
async function lockFor(client: pg.PoolClient, id: string, action: JobAction): Promise<JobState> {
  assertJobId(id);
  const { rows } = await client.query<{ state: JobState }>('select state from job where id = $1 for no key update', [
    id,
  ]);
  const state = rows[0]?.state;
  if (state === undefined) throw new CrucibleError('not-found', `There is no job ${id}.`);
  if ((JOB_ACTIONS[action] as readonly JobState[]).includes(state)) return state;
  const legal = legalActions(state);
  throw new CrucibleError(
    'illegal-transition',
    `A job that is ${state} cannot be asked to ${action}; it allows ${legal.join(', ')}.`,
    { detail: { state, actions: legal } },
  );
}

/** See {@link Jobs.cancel}. */
export async function cancelJob(client: pg.PoolClient, id: string): Promise<JobView> {
  const state = await lockFor(client, id, 'cancel');
  if (state === 'queued') {
    await supersedeDispatched(client, id);
    await moveJob(client, id, { to: 'canceled', endCode: 'canceled' });
  } else if (state === 'running') {
    await moveJob(client, id, { to: 'stopping', stop: { intent: 'cancel', graceSeconds: CANCEL_GRACE_SECONDS } });
    await client.query(`select pg_notify($2, id::text) from attempt where job_id = $1 and state = 'running'`, [
      id,
      CHANNELS.cancels,
    ]);
  }
  return readJob(client, id);
}

/** Ends the attempt that is on its way to a worker, which will find that it has nothing to claim. */
async function supersedeDispatched(client: pg.PoolClient, jobId: string): Promise<void> {
  await client.query(
    `update attempt set state = 'ended', outcome = 'superseded', end_code = 'canceled', ended_at = now()
     where job_id = $1 and state = 'dispatched'`,
    [jobId],
  );
}

/** See {@link Jobs.retry}. */
export async function retryJob(client: pg.PoolClient, id: string): Promise<JobView> {
  await lockFor(client, id, 'retry');
  await client.query('update job set budget_after_attempt = attempt_count where id = $1', [id]);
  await moveJob(client, id, { to: 'queued' });
  return readJob(client, id);
}
