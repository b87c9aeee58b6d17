import {
  type EndCode,
  type JobState,
  type JobView,
  type Keep,
  type Limits,
  legalActions,
  type Need,
  type Progress,
  type StopIntent,
  type Tier,
  type Waiting,
} from '@crucible/contracts';

/** The columns of a job that its view needs. */
export const JOB_COLUMNS = `job.id, job.name, job.method, job.method_version, job.state, job.end_code, job.detail,
  job.preset, job.submitted_config, job.config, job.tags, job.seed, job.priority, job.pool, job.slots, job.progress,
  job.summary, job.waiting, job.attempt_count, job.parent_id, job.forked_from, job.submitted_by, job.version,
  job.submitted_at, job.queued_at, job.started_at, job.ended_at, job.team_id, job.tier, job.limits, job.keep, job.max_failures,
  job.not_before, job.stop_intent, job.precision, job.from_checkpoint_id,
  (select coalesce(json_agg(json_build_object('job', need.needs_job_id, 'on', need."on") order by need.needs_job_id), '[]')
   from job_need need where need.job_id = job.id) as needs`;

export interface JobRow {
  id: string;
  name: string;
  method: string;
  method_version: string;
  state: JobState;
  end_code: EndCode | null;
  detail: string | null;
  preset: string | null;
  submitted_config: unknown;
  config: unknown;
  tags: Record<string, string>;
  seed: number;
  priority: number;
  pool: string;
  slots: number;
  progress: Progress | null;
  summary: unknown;
  waiting: Waiting | null;
  attempt_count: number;
  parent_id: string | null;
  forked_from: string | null;
  from_checkpoint_id: string | null;
  submitted_by: string;
  version: number;
  submitted_at: Date;
  queued_at: Date;
  started_at: Date | null;
  ended_at: Date | null;
  team_id: string;
  tier: Tier;
  limits: Limits;
  keep: Keep;
  max_failures: number;
  precision: JobView['precision'];
  not_before: Date | null;
  stop_intent: StopIntent | null;
  needs: Need[];
}

export const toJobView = (row: JobRow): JobView => ({
  id: row.id,
  name: row.name,
  method: row.method,
  methodVersion: row.method_version,
  state: row.state,
  endCode: row.end_code,
  detail: row.detail,
  preset: row.preset,
  submittedConfig: row.submitted_config,
  config: row.config,
  tags: row.tags,
  seed: row.seed,
  priority: row.priority,
  team: row.team_id,
  resources: { pool: row.pool, slots: row.slots },
  tier: row.tier,
  limits: row.limits,
  keep: row.keep,
  maxFailures: row.max_failures,
  precision: row.precision,
  needs: row.needs,
  notBefore: row.not_before?.toISOString() ?? null,
  stopIntent: row.stop_intent,
  progress: row.progress,
  summary: row.summary,
  waiting: row.waiting,
  actions: legalActions(row.state, row.stop_intent),
  attempts: row.attempt_count,
  parent: row.parent_id,
  forkedFrom: row.forked_from,
  fromCheckpoint: row.from_checkpoint_id,
  submittedBy: row.submitted_by,
  version: row.version,
  submittedAt: row.submitted_at.toISOString(),
  queuedAt: row.queued_at.toISOString(),
  startedAt: row.started_at?.toISOString() ?? null,
  endedAt: row.ended_at?.toISOString() ?? null,
});
