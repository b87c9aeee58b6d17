import type { JobView, Keep, Limits, Resources, Tier } from '@crucible/contracts';
import type pg from 'pg';
import { appendEvent } from './append-event.ts';
import { holdStart } from './checkpoint-resume.ts';
import { JOB_COLUMNS, type JobRow, toJobView } from './job-row.ts';
import { requiredJson, storableText } from './stored-text.ts';
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
  /** RFC 3339; null: any time */
  notBefore: string | null;
  /** waits for `resume` before it may start */
  isPaused: boolean;
  forkedFrom: string | null;
  /** id of a checkpoint with which the first attempt begins */
  fromCheckpoint: string | null;
  teamId: string;
  userId: string;
  /** name of the API key */
  submittedBy: string;
}

/** See {@link Jobs.submit}. */
export async function submitJob(client: pg.PoolClient, job: NewJob): Promise<JobView> {
  if (job.fromCheckpoint !== null) await holdStart(client, job.fromCheckpoint, job);
  const { rows } = await client.query<JobRow>(
    `insert into job (id, name, method, method_version, preset, submitted_config, config, tags, seed, priority, pool,
       slots, forked_from, submitted_by, state, team_id, user_id, tier, limits, keep, max_failures, not_before, precision,
       from_checkpoint_id)
     values ($1, $2, $3, $4, $5, $6::jsonb, $7::jsonb, $8::jsonb, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
       $19::jsonb, $20::jsonb, $21, $22, $23, $24)
     returning ${JOB_COLUMNS}`,
    [
      uuidV7(),
      storableText(job.name),
      job.method,
      job.methodVersion,
      job.preset,
      requiredJson(job.submittedConfig),
      requiredJson(job.config),
      requiredJson(job.tags),
      job.seed,
      job.priority,
      job.resources.pool,
      job.resources.slots,
      job.forkedFrom,
      job.submittedBy,
      job.isPaused ? 'paused' : 'queued',
      job.teamId,
      job.userId,
      job.tier,
      requiredJson(job.limits),
      requiredJson(job.keep),
      job.maxFailures,
      job.notBefore,
      job.precision,
      job.fromCheckpoint,
    ],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('an insert of a job returned no row');
  const { id: jobId, state, version } = row;
  await appendEvent(client, { kind: 'job.submitted', jobId, state, version, data: { method: row.method } });
  return toJobView(row);
}
