import type { JobView, Limits, Tier } from '@crucible/contracts';
import type pg from 'pg';
import { resumableCheckpoint, type StoredCheckpoint } from './checkpoint-resume.ts';
import type { AttemptFence } from './fence.ts';
import { moveJob } from './job-move.ts';
import { leaseOf } from './lease.ts';
import { recountSeries } from './series-recount.ts';
import { transaction } from './transaction.ts';

export interface Claim extends AttemptFence {
  workerId: string;
  /** indices of the slots that the worker holds for it, as many as the job asks for */
  slots: readonly number[];
}

/** All that a worker needs to start a child. */
export interface ClaimedJob extends AttemptFence {
  jobId: string;
  /** number of the attempt, from 1 */
  number: number;
  method: string;
  methodVersion: string;
  config: unknown;
  seed: number;
  /** what the job asks of the engine; null: as the worker is set */
  precision: JobView['precision'];
  limits: Limits;
  teamId: string;
  tier: Tier;
  /** seconds from when the job was queued, or might start, to this claim */
  waitedSeconds: number;
  /** seconds from the decision to dispatch to this claim */
  dispatchSeconds: number;
  /** the last committed checkpoint, or null to start from nothing */
  resume: StoredCheckpoint | null;
}

interface ClaimableRow {
  job_id: string;
  number: number;
  method: string;
  method_version: string;
  config: unknown;
  seed: number;
  precision: JobView['precision'];
  limits: Limits;
  team_id: string;
  tier: Tier;
  waited_seconds: number;
  dispatch_seconds: number;
}

/** See {@link Attempts.claim}. */
export function claimAttempt(pool: pg.Pool, claim: Claim, leaseSeconds: number): Promise<ClaimedJob | null> {
  return transaction(pool, async (client) => {
    const { rows } = await client.query<ClaimableRow>(
      `select j.id as job_id, a.number, j.method, j.method_version, j.config, j.seed, j.precision, j.limits,
         j.team_id, j.tier, extract(epoch from now() - greatest(j.queued_at, j.not_before))::float8 as waited_seconds,
         extract(epoch from now() - a.dispatched_at)::float8 as dispatch_seconds
       from job j join attempt a on a.job_id = j.id join worker w on w.id = a.worker_id
       where a.id = $1 and a.fence = $2 and a.worker_id = $3 and a.state = 'dispatched' and j.fence = a.fence
         and j.state = 'queued' and j.slots = $4 and w.state <> 'gone'
       for no key update of j, a`,
      [claim.attemptId, claim.fence, claim.workerId, claim.slots.length],
    );
    const [job] = rows;
    if (job === undefined) return null;
    const checkpoint = await resumableCheckpoint(client, job.job_id);
    await client.query(
      `update attempt set state = 'running', slots = $2, claimed_at = now(), lease_until = now() + ${leaseOf(leaseSeconds)},
         resumed_step = $3::bigint, last_step = coalesce($3::bigint, 0), resumed_checkpoint_id = $4
       where id = $1`,
      [claim.attemptId, claim.slots, checkpoint?.manifest.step ?? null, checkpoint?.id ?? null],
    );
    await moveJob(client, job.job_id, { to: 'running' });
    if (job.number > 1) await recountSeries(client, job.job_id, checkpoint?.manifest.step ?? -1);
    return {
      attemptId: claim.attemptId,
      fence: claim.fence,
      jobId: job.job_id,
      number: job.number,
      method: job.method,
      methodVersion: job.method_version,
      config: job.config,
      seed: job.seed,
      precision: job.precision,
      teamId: job.team_id,
      tier: job.tier,
      waitedSeconds: Math.max(0, job.waited_seconds),
      dispatchSeconds: Math.max(0, job.dispatch_seconds),
      limits: job.limits,
      resume: checkpoint,
    };
  });
}
