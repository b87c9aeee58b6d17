import {
  CrucibleError,
  type CutJob,
  type JobState,
  type JobView,
  type Keep,
  type Limits,
  MAX_JOBS_PER_BATCH,
  type Need,
  type Resources,
  referencesIn,
  type SubmittedBatch,
  type Tier,
  type Waiting,
} from '@crucible/contracts';
import type pg from 'pg';
import { ADMISSIBLE, assertAdmissible } from './admission.ts';
import { appendEvents } from './append-event.ts';
import { CHANNELS } from './channels.ts';
import { holdStart } from './checkpoint-resume.ts';
import type { Queryable } from './database.ts';
import { readJob } from './job-lookup.ts';
import { type IdentifiedJob, withParts } from './job-parts.ts';
import { JOB_COLUMNS, type JobRow, toJobView } from './job-row.ts';
import { requiredJson, storableText } from './stored-text.ts';
import { settleNeeds } from './submit-needs.ts';
import { uuidV7 } from './uuid-v7.ts';

/** A job that passed every check of its config. */
export interface NewJob {
  method: string;
  methodVersion: string;
  name: string;
  preset: string | null;
  submittedConfig: unknown;
  /** resolved: method defaults, preset, submitted */
  config: unknown;
  /** the jobs that it is cut into, by its method @defaultValue null: it runs as one */
  cut?: CutJob | null;
  tags: Record<string, string>;
  seed: number;
  priority: number;
  resources: Resources;
  tier: Tier;
  limits: Limits;
  keep: Keep;
  /** times that the job is tried again after its method threw */
  maxFailures: number;
  /** null: as the worker is set */
  precision: JobView['precision'];
  /** jobs that must have ended first; those that its config reads from are added */
  needs: Need[];
  /** RFC 3339; null: any time */
  notBefore: string | null;
  /** waits for `resume` before it may start */
  isPaused: boolean;
  forkedFrom: string | null;
  /** W3C `traceparent` under which all attempts of the job are traced @defaultValue null: no trace */
  traceparent?: string | null;
  /** id of a checkpoint with which the first attempt begins */
  fromCheckpoint: string | null;
  teamId: string;
  userId: string;
  /** name of the API key */
  submittedBy: string;
}

/** A job of a batch. In its needs and references, the `ref` of another job of the batch stands for its id. */
export interface BatchedJob extends NewJob {
  ref: string | null;
}

/** A job with all that is decided when it comes in. */
export interface PlacedJob extends IdentifiedJob {
  state: Extract<JobState, 'blocked' | 'queued' | 'paused'>;
  waiting: Waiting | null;
  /** ids of the needed jobs whose end is what the job wanted */
  met: ReadonlySet<string>;
}

/** See {@link Jobs.submit}. */
export async function submitJob(client: pg.PoolClient, job: NewJob): Promise<JobView> {
  const jobs = withParts(job, '');
  await assertAdmissible(client, jobs, () => '');
  if (job.fromCheckpoint !== null) await holdStart(client, job.fromCheckpoint, job);
  const placed = await settleNeeds(client, jobs, () => '');
  const whole = placed.at(-1);
  if (whole === undefined) throw new Error('a job was lost on its way');
  await insertJobs(client, placed);
  return readJob(client, whole.id);
}

/** See {@link Jobs.submitBatch}. */
export async function submitJobs(client: pg.PoolClient, batch: readonly BatchedJob[]): Promise<SubmittedBatch> {
  const cut = batch.map((job, i) => withParts(job, `/jobs/${i}`));
  const jobs = cut.flat();
  if (jobs.length > MAX_JOBS_PER_BATCH) throw tooMany(jobs.length);
  const places = cut.flatMap((ofOne, i) => ofOne.map(() => `/jobs/${i}`));
  const at = (i: number): string => places[i] ?? '';
  await assertAdmissible(client, jobs, at);
  for (const job of jobs) if (job.fromCheckpoint !== null) await holdStart(client, job.fromCheckpoint, job);
  const wholeIds = cut.map((ofOne) => ofOne.at(-1)?.id ?? '');
  const ids = new Map(batch.flatMap(({ ref }, i) => (ref === null ? [] : [[ref, wholeIds[i] ?? ''] as const])));
  const placed = await settleNeeds(client, jobs, at, ids);
  await insertJobs(client, placed);
  const wholes = placed.filter(({ parentId }) => parentId === null);
  return { data: wholes.map(({ id, state }, i) => ({ id, ref: batch[i]?.ref ?? null, state })) };
}

const tooMany = (count: number): CrucibleError => {
  const message = `come to ${count} with the parts that they are cut into; at most ${MAX_JOBS_PER_BATCH}`;
  return new CrucibleError('invalid-request', `The jobs ${message}.`, { faults: [{ pointer: '/jobs', message }] });
};

/** Columns of a new job with their types. */
const COLUMNS = {
  id: 'uuid',
  name: 'text',
  method: 'text',
  method_version: 'text',
  preset: 'text',
  submitted_config: 'jsonb',
  config: 'jsonb',
  tags: 'jsonb',
  seed: 'bigint',
  priority: 'int',
  pool: 'text',
  slots: 'int',
  forked_from: 'uuid',
  parent_id: 'uuid',
  submitted_by: 'text',
  state: 'text',
  team_id: 'text',
  user_id: 'uuid',
  tier: 'text',
  limits: 'jsonb',
  keep: 'jsonb',
  max_failures: 'int',
  not_before: 'timestamptz',
  precision: 'text',
  waiting: 'jsonb',
  from_checkpoint_id: 'uuid',
  traceparent: 'text',
} as const;

const NAMES = Object.keys(COLUMNS).join(', ');

/** A JSON null would arrive as no value at all. */
const VALUES = Object.keys(COLUMNS)
  .map((name) => (name === 'submitted_config' || name === 'config' ? `coalesce(${name}, 'null')` : name))
  .join(', ');

const INSERT = `
  insert into job (${NAMES})
  select ${VALUES} from jsonb_to_recordset($1::jsonb) as new (${Object.entries(COLUMNS)
    .map(([name, type]) => `${name} ${type}`)
    .join(', ')})`;

/**
 * A job without needs, its event and the wake-up with one statement, which gives back the row: none where the job is not
 * admissible, see `admission.ts`, which says why.
 */
const INSERT_ALONE = `
  with admissible as (
    select ${ADMISSIBLE} as is_admissible
  ), made as (${INSERT}, admissible where is_admissible returning *), told as (
    insert into event (kind, job_id, state, version, data, team_id)
    select 'job.submitted', id, state, version, jsonb_build_object('method', method), team_id from made
  )
  select ${JOB_COLUMNS}, pg_notify('${CHANNELS.wake}', '') from made as job`;

/** Named, so that a connection parses and plans it once. */
async function insertAlone(client: Queryable, job: PlacedJob): Promise<JobRow[]> {
  const values = [requiredJson([toRow(job)]), job.resources.pool, job.resources.slots, job.teamId];
  return (await client.query<JobRow>({ name: 'submit-job', text: INSERT_ALONE, values })).rows;
}

/** True for a job whose begin depends on no other row. */
const isAlone = ({ needs, config, fromCheckpoint, cut = null }: NewJob): boolean =>
  cut === null && needs.length === 0 && fromCheckpoint === null && referencesIn(config).length === 0;

/**
 * Stores a job that depends on no other row with one statement, which is its own transaction.
 *
 * @returns null for any other job, and for one that is not admissible: `submitJob` takes it, or says why not
 */
export async function submitAlone(pool: pg.Pool, job: NewJob): Promise<JobView | null> {
  if (!isAlone(job)) return null;
  const state = job.isPaused ? 'paused' : 'queued';
  const [row] = await insertAlone(pool, { ...job, id: uuidV7(), parentId: null, state, waiting: null, met: new Set() });
  return row === undefined ? null : toJobView(row);
}

const toRow = (job: PlacedJob): Record<keyof typeof COLUMNS, unknown> => ({
  id: job.id,
  name: storableText(job.name),
  method: job.method,
  method_version: job.methodVersion,
  preset: job.preset,
  submitted_config: job.submittedConfig,
  config: job.config,
  tags: job.tags,
  seed: job.seed,
  priority: job.priority,
  pool: job.resources.pool,
  slots: job.resources.slots,
  forked_from: job.forkedFrom,
  parent_id: job.parentId,
  submitted_by: job.submittedBy,
  state: job.state,
  team_id: job.teamId,
  user_id: job.userId,
  tier: job.tier,
  limits: job.limits,
  keep: job.keep,
  max_failures: job.maxFailures,
  not_before: job.notBefore,
  precision: job.precision,
  waiting: job.waiting,
  from_checkpoint_id: job.fromCheckpoint,
  traceparent: job.traceparent ?? null,
});

/** Stores jobs with their needs and events, all with three statements: a thousand cost little more than one. */
async function insertJobs(client: Queryable, jobs: readonly PlacedJob[]): Promise<void> {
  await client.query(INSERT, [requiredJson(jobs.map(toRow))]);
  const edges = jobs.flatMap((job) =>
    job.needs.map(({ job: needs, on }) => ({ job: job.id, needs, on, isMet: job.met.has(needs) })),
  );
  if (edges.length > 0)
    await client.query(
      `insert into job_need (job_id, needs_job_id, "on", is_met)
       select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::bool[])`,
      [
        edges.map((edge) => edge.job),
        edges.map((edge) => edge.needs),
        edges.map((edge) => edge.on),
        edges.map((edge) => edge.isMet),
      ],
    );
  await appendEvents(
    client,
    jobs.map(({ id, state, method }) => ({
      kind: 'job.submitted',
      jobId: id,
      state,
      version: 1,
      data: { method },
    })),
  );
}
