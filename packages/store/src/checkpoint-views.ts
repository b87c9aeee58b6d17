import { type CheckpointView, CrucibleError, type Keep, type KeepPreview, type KeepReason } from '@crucible/contracts';
import { JUDGED } from './checkpoint-keep.ts';
import type { Queryable } from './database.ts';
import { type JobOwner, readJob, readJobOwner } from './job-lookup.ts';
import type { TeamFilter } from './team-filter.ts';

/** The manifest is left out: it can be large and no view shows it. */
const VIEWS = `
  select c.id, c.job_id, c.step, c.attempt, c.state, c.bytes, c.tensors, c.root_sha256, c.pinned, c.note, c.created_at,
    c.committed_at, k.value, coalesce(k.kept_for, '{}') as kept_for
  from checkpoint c left join (${JUDGED}) k on k.id = c.id
  where c.job_id = $1`;

interface ViewRow {
  id: string;
  job_id: string;
  step: number;
  attempt: number;
  state: CheckpointView['state'];
  bytes: number;
  tensors: number;
  root_sha256: string;
  pinned: boolean;
  note: string | null;
  created_at: Date;
  committed_at: Date | null;
  value: number | null;
  kept_for: KeepReason[];
}

const toView = (row: ViewRow): CheckpointView => ({
  id: row.id,
  jobId: row.job_id,
  step: row.step,
  attempt: row.attempt,
  state: row.state,
  bytes: row.bytes,
  tensors: row.tensors,
  rootSha256: row.root_sha256,
  pinned: row.pinned,
  note: row.note,
  keptFor: row.kept_for,
  metricValue: row.value,
  createdAt: row.created_at.toISOString(),
  committedAt: row.committed_at?.toISOString() ?? null,
});

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const checkpointNotFound = (id: string) => new CrucibleError('not-found', `There is no checkpoint ${id}.`);

/** The job that wrote a checkpoint. @throws `not-found` */
export async function jobOfCheckpoint(client: Queryable, id: string): Promise<string> {
  const { rows } = UUID.test(id)
    ? await client.query<{ job_id: string }>('select job_id from checkpoint where id = $1', [id])
    : { rows: [] };
  const [row] = rows;
  if (row === undefined) throw checkpointNotFound(id);
  return row.job_id;
}

/** The owner of the job that wrote a checkpoint. One of another team than `team` is not found. @throws `not-found` */
export async function readCheckpointOwner(client: Queryable, id: string, team: TeamFilter): Promise<JobOwner> {
  const owner = await readJobOwner(client, await jobOfCheckpoint(client, id), null);
  if (team !== null && team !== owner.teamId) throw checkpointNotFound(id);
  return owner;
}

/** @throws `not-found` */
export async function readCheckpointView(client: Queryable, id: string): Promise<CheckpointView> {
  const jobId = await jobOfCheckpoint(client, id);
  const { rows } = await client.query<ViewRow>(`${VIEWS} and c.id = $3`, [jobId, null, id]);
  const [row] = rows;
  if (row === undefined) throw checkpointNotFound(id);
  return toView(row);
}

/** Newest first. The job is known to exist. */
export async function listCheckpoints(client: Queryable, jobId: string): Promise<CheckpointView[]> {
  const { rows } = await client.query<ViewRow>(`${VIEWS} order by c.id desc`, [jobId, null]);
  return rows.map(toView);
}

/** Bytes of the chunks that only the checkpoints in `$1` name. */
const FREED = `
  select coalesce(sum(c.size), 0) as freed from chunk c
  where c.sha256 in (select k.sha256 from checkpoint_chunk k where k.checkpoint_id = any($1::uuid[]))
    and not exists (select from checkpoint_chunk k where k.sha256 = c.sha256 and k.checkpoint_id <> all($1::uuid[]))
    and not exists (select from artifact_chunk k where k.sha256 = c.sha256)`;

/** See {@link Checkpoints.previewKeep}. */
export async function previewKeep(client: Queryable, jobId: string, over: Partial<Keep>): Promise<KeepPreview> {
  const keep = { ...(await readJob(client, jobId)).keep, ...over };
  const { rows } = await client.query<ViewRow>(`${VIEWS} and c.state = 'committed' order by c.id desc`, [
    jobId,
    JSON.stringify(keep),
  ]);
  const views = rows.map(toView);
  const removed = views.filter(({ keptFor }) => keptFor.length === 0);
  const { rows: sums } = await client.query<{ freed: number }>(FREED, [removed.map(({ id }) => id)]);
  return { keep, kept: views.filter(({ keptFor }) => keptFor.length > 0), removed, freedBytes: sums[0]?.freed ?? 0 };
}
