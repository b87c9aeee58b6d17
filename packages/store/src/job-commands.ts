import {
  CrucibleError,
  type EndCode,
  JOB_ACTIONS,
  type JobAction,
  type JobState,
  type JobView,
  legalActions,
  type StopIntent,
} from '@crucible/contracts';
import type pg from 'pg';
import { fillInputs } from './inputs.ts';
import { assertJobId, jobNotFound, readJob } from './job-lookup.ts';
import { moveJob } from './job-move.ts';
import { edgeOf, holdNeeded, waitsFor } from './job-needs.ts';
import { stopJob } from './stop-job.ts';

/** The state that an action leads to: a job that is there already needs nothing. */
const REACHED: Partial<Record<JobAction, JobState>> = { pause: 'paused', cancel: 'canceled', kill: 'canceled' };

interface LockedJob {
  id: string;
  state: JobState;
  stopIntent: StopIntent | null;
  endCode: EndCode | null;
}

const LOCKED = 'select id, state, stop_intent as "stopIntent", end_code as "endCode" from job';

const refused = (message: string, { state, stopIntent }: LockedJob): CrucibleError =>
  new CrucibleError('illegal-transition', message, { detail: { state, actions: legalActions(state, stopIntent) } });

/** Reads the state of a job and keeps it until the transaction ends. @throws `not-found` */
async function lockJob(client: pg.PoolClient, id: string): Promise<LockedJob> {
  const { rows } = await client.query<LockedJob>(`${LOCKED} where id = $1 for no key update`, [id]);
  const [job] = rows;
  if (job === undefined) throw jobNotFound(id);
  return job;
}

/** As {@link lockJob} for all parts of a job, in the order of their ids: before the job itself, as their ends do. */
async function lockParts(client: pg.PoolClient, id: string): Promise<LockedJob[]> {
  return (await client.query<LockedJob>(`${LOCKED} where parent_id = $1 order by id for no key update`, [id])).rows;
}

/** Ids of the parts of a job: a part comes after those that it needs. */
async function partsOf(client: pg.PoolClient, id: string): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>('select id from job where parent_id = $1 order by id', [id]);
  return rows.map((row) => row.id);
}

/**
 * Locks a job for an action.
 *
 * @returns null when the job has reached what `action` asks for
 * @throws `not-found`; `illegal-transition` when its state does not allow `action`
 */
async function lockFor(client: pg.PoolClient, id: string, action: JobAction): Promise<LockedJob | null> {
  const job = await lockJob(client, id);
  if (REACHED[action] === job.state) return null;
  const legal = legalActions(job.state, job.stopIntent);
  if (legal.includes(action)) return job;
  const now = (JOB_ACTIONS[action] as readonly JobState[]).includes(job.state)
    ? `being stopped for good (${job.stopIntent})`
    : job.state;
  throw refused(`A job that is ${now} cannot be asked to ${action}; it allows ${legal.join(', ')}.`, job);
}

type Halt = 'pause' | 'cancel' | 'kill';

/** See {@link Jobs.pause}, {@link Jobs.cancel}, {@link Jobs.kill}. What is asked of a job is asked of its parts. */
export async function haltJob(client: pg.PoolClient, id: string, action: Halt): Promise<JobView> {
  assertJobId(id);
  const parts = await lockParts(client, id);
  const job = await lockFor(client, id, action);
  if (job !== null) await halt(client, job, action);
  // From the last one on: the end of a part then finds that all which need it have been asked before.
  for (const part of parts.reverse()) if (allows(part, action)) await halt(client, part, action);
  return readJob(client, id);
}

async function halt(client: pg.PoolClient, job: LockedJob, action: Halt): Promise<void> {
  if (job.state === 'running' || job.state === 'stopping') return stopJob(client, job, action);
  await supersedeDispatched(client, job.id, action === 'pause' ? 'paused' : 'canceled');
  await moveJob(client, job.id, action === 'pause' ? { to: 'paused' } : { to: 'canceled', endCode: 'canceled' });
}

const allows = ({ state, stopIntent }: LockedJob, action: JobAction): boolean =>
  legalActions(state, stopIntent).includes(action);

/** Ends the attempt that is on its way to a worker, which will find that it has nothing to claim. */
async function supersedeDispatched(client: pg.PoolClient, jobId: string, endCode: EndCode): Promise<void> {
  await client.query(
    `update attempt set state = 'ended', outcome = 'superseded', end_code = $2, ended_at = now()
     where job_id = $1 and state = 'dispatched'`,
    [jobId, endCode],
  );
}

/** See {@link Jobs.resume}. */
export async function resumeJob(client: pg.PoolClient, id: string): Promise<JobView> {
  assertJobId(id);
  await takeUp(client, id, 'resume', enqueue);
  return readJob(client, id);
}

/** See {@link Jobs.retry}. */
export async function retryJob(client: pg.PoolClient, id: string, userId: string | null): Promise<JobView> {
  assertJobId(id);
  await takeUp(client, id, 'retry', async (_, job, needs) => {
    if (job.endCode === 'poison' && !(await isOperator(client, userId)))
      throw new CrucibleError('forbidden', 'A job that took three workers down may be retried by an operator only.');
    await client.query('update job set budget_after_attempt = attempt_count where id = $1', [job.id]);
    await enqueue(client, job, needs);
  });
  return readJob(client, id);
}

/**
 * Takes a job up again, and before it those of its parts that allow it, in the order in which they need one another.
 *
 * @throws `illegal-transition` also while a part of it is still being stopped: it would not go on with the others
 */
async function takeUp(
  client: pg.PoolClient,
  id: string,
  action: 'resume' | 'retry',
  act: (client: pg.PoolClient, job: LockedJob, needs: readonly OpenNeed[]) => Promise<void>,
): Promise<void> {
  let stopping: string | null = null;
  for (const partId of await partsOf(client, id)) {
    const needs = await holdNeeds(client, partId);
    const part = await lockJob(client, partId);
    if (allows(part, action)) await act(client, part, needs);
    else if (part.state === 'stopping' && part.stopIntent !== 'preempt') stopping = partId;
  }
  const needs = await holdNeeds(client, id);
  const job = await lockFor(client, id, action);
  if (job === null) return;
  if (stopping !== null) throw refused(`Its part ${stopping} is still being stopped; ask again when it has.`, job);
  await act(client, job, needs);
}

/** Operators answer for the workers that a poisonous job takes down. */
async function isOperator(client: pg.PoolClient, userId: string | null): Promise<boolean> {
  const { rowCount } = await client.query(`select from user_account where id = $1 and cluster_role = 'operator'`, [
    userId,
  ]);
  return rowCount === 1;
}

interface OpenNeed {
  id: string;
  state: JobState;
  edge: ReturnType<typeof edgeOf>;
}

/** The needs of a job that were not met so far, as they are now. Their jobs are locked before the job itself. */
async function holdNeeds(client: pg.PoolClient, id: string): Promise<OpenNeed[]> {
  const { rows } = await client.query<{ needed: string; on: 'success' | 'end' }>(
    `select needs_job_id as needed, "on" from job_need where job_id = $1 and not is_met`,
    [id],
  );
  const held = await holdNeeded(
    client,
    rows.map(({ needed }) => needed),
  );
  return rows.flatMap(({ needed, on }) => {
    const job = held.get(needed);
    return job === undefined ? [] : [{ id: needed, state: job.state, edge: edgeOf(on, job.state) }];
  });
}

/** Queues a job, or blocks it while it needs others. @throws `illegal-transition` when a need cannot be met any more */
async function enqueue(client: pg.PoolClient, job: LockedJob, needs: readonly OpenNeed[]): Promise<void> {
  const broken = needs.find(({ edge }) => edge === 'broken');
  if (broken !== undefined)
    throw refused(`It needs job ${broken.id}, which is ${broken.state}; retry that one first.`, job);
  const met = needs.filter(({ edge }) => edge === 'met').map(({ id }) => id);
  await client.query('update job_need set is_met = true where job_id = $1 and needs_job_id = any($2::uuid[])', [
    job.id,
    met,
  ]);
  const open = needs.filter(({ edge }) => edge === 'unmet').map(({ id }) => id);
  if (open.length > 0) {
    await moveJob(client, job.id, { to: 'blocked', waiting: waitsFor(open.sort()) });
    return;
  }
  const missing = await fillInputs(client, job.id);
  if (missing !== null) throw refused(missing, job);
  await moveJob(client, job.id, { to: 'queued' });
}
