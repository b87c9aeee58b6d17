import { CrucibleError, type JobState, type JobView, type PatchJob, TERMINAL_JOB_STATES } from '@crucible/contracts';
import type pg from 'pg';
import { appendEvent } from './append-event.ts';
import { assertJobId, readJob } from './job-lookup.ts';
import { requiredJson, storableJson, storableText } from './stored-text.ts';

/** What may still be changed once a job has succeeded; the rest only matters to an attempt. */
const AFTER_SUCCESS: readonly string[] = ['name', 'tags', 'keep'];

/** What holds for the parts of a job as it does for the job itself. */
const OF_PARTS = ['priority', 'limits', 'keep', 'maxFailures'] as const satisfies readonly (keyof PatchJob)[];

/** See {@link Jobs.patch}. */
export async function patchJob(
  client: pg.PoolClient,
  id: string,
  patch: PatchJob,
  expectedVersion: number | null,
): Promise<JobView> {
  assertJobId(id);
  // before the job itself, as their ends lock them
  const parts = await client.query<{ id: string; state: JobState; version: number }>(
    'select id, state, version from job where parent_id = $1 and state <> all($2) order by id for no key update',
    [id, TERMINAL_JOB_STATES],
  );
  const { rows } = await client.query<{ state: JobState; version: number }>(
    'select state, version from job where id = $1 for no key update',
    [id],
  );
  const [job] = rows;
  if (job === undefined) throw new CrucibleError('not-found', `There is no job ${id}.`);
  if (expectedVersion !== null && expectedVersion !== job.version)
    throw new CrucibleError('stale-version', `Job ${id} has version ${job.version} by now; read it again.`, {
      detail: { version: job.version },
    });
  const late = Object.keys(patch).filter((name) => !AFTER_SUCCESS.includes(name));
  if (job.state === 'succeeded' && late.length > 0)
    throw new CrucibleError(
      'illegal-transition',
      `The job has succeeded; ${late.join(', ')} cannot be changed any more.`,
      {
        detail: { state: job.state },
      },
    );
  await change(client, { ...job, id }, patch);
  const ofParts = Object.fromEntries(
    OF_PARTS.flatMap((name) => (patch[name] === undefined ? [] : [[name, patch[name]]])),
  );
  if (Object.keys(ofParts).length > 0) for (const part of parts.rows) await change(client, part, ofParts);
  return readJob(client, id);
}

async function change(
  client: pg.PoolClient,
  job: { id: string; state: JobState; version: number },
  patch: PatchJob,
): Promise<void> {
  await client.query(
    `update job set version = version + 1, name = coalesce($2, name), tags = coalesce($3::jsonb, tags),
       priority = coalesce($4, priority), limits = limits || $5::jsonb, keep = keep || $6::jsonb,
       max_failures = coalesce($7, max_failures)
     where id = $1`,
    [
      job.id,
      patch.name === undefined ? null : storableText(patch.name),
      storableJson(patch.tags),
      patch.priority ?? null,
      requiredJson(patch.limits ?? {}),
      requiredJson(patch.keep ?? {}),
      patch.maxFailures ?? null,
    ],
  );
  const { id: jobId, state, version } = job;
  const data = { changed: Object.keys(patch) };
  await appendEvent(client, { kind: 'job.state', jobId, state, version: version + 1, data });
}
