import { type AttemptView, CrucibleError, type EngineInfo, type JobState } from '@crucible/contracts';
import { type Claim, type ClaimedJob, claimAttempt } from './claim.ts';
import type { Database } from './database.ts';
import { type AttemptFence, OWNS_JOB, staleFence } from './fence.ts';
import { type Finish, finishAttempt, releaseAttempt } from './finish.ts';
import { type Heartbeat, type HeartbeatCommand, heartbeat } from './heartbeat.ts';
import { assertJobExists, assertJobId } from './job-lookup.ts';
import { recountSeries } from './series-recount.ts';
import { requiredJson } from './stored-text.ts';
import { transaction } from './transaction.ts';

/** The tries of workers at jobs. Every write is checked against lease and fence inside its statement. */
export interface Attempts {
  /** Takes a dispatched attempt, with a lease; null when it was canceled, given to another or is past. */
  claim(claim: Claim): Promise<ClaimedJob | null>;
  /**
   * Renews the leases of all attempts of a worker, stores their progress and returns a command for each.
   * An attempt that the worker does not own comes back as `fenced`.
   */
  heartbeat(beat: Heartbeat): Promise<HeartbeatCommand[]>;
  /**
   * Ends an attempt and moves its job: to its end, or back to queued while the end code has retries left.
   * Asking again with the same fence returns the state that the job had reached.
   *
   * @throws `stale-fence`; `sequence-gap` when success is claimed before every batch of a stream is stored
   */
  finish(finish: Finish): Promise<JobState>;
  /**
   * Gives the job of a worker that shuts down back, at the cost of no budget: queued, or canceled if a user
   * had asked for that.
   *
   * @throws `stale-fence`
   */
  release(attempt: AttemptFence): Promise<JobState>;
  /** The id of the attempt with this number. @throws `not-found` */
  idOf(jobId: string, number: number): Promise<string>;
  /** Oldest first. @throws `not-found` for an unknown job */
  list(jobId: string): Promise<AttemptView[]>;
  /** @throws `stale-fence` */
  setEngine(attempt: AttemptFence, engine: EngineInfo): Promise<void>;
  /**
   * Corrects from which step and checkpoint the attempt goes on; a claim presumes the one that it hands out. null: from
   * nothing.
   *
   * @throws `stale-fence`
   */
  markResumed(attempt: AttemptFence, step: number | null, checkpointId?: string | null): Promise<void>;
}

/** Ids that are remembered: the number of an attempt never changes, and each batch of its points asks for it. */
const MAX_NAMED_IDS = 10_000;

export function createAttempts({ pool, prisma, leaseSeconds }: Database): Attempts {
  const idsByName = new Map<string, string>();
  return {
    claim: (claim) => claimAttempt(pool, claim, leaseSeconds),
    heartbeat: (beat) => heartbeat(pool, beat, leaseSeconds),
    finish: (finish) => finishAttempt(pool, finish),
    release: (attempt) => releaseAttempt(pool, attempt),
    async idOf(jobId, number) {
      const name = `${jobId} ${number}`;
      const known = idsByName.get(name);
      if (known !== undefined) return known;
      assertJobId(jobId);
      const { rows } = await pool.query<{ id: string }>('select id from attempt where job_id = $1 and number = $2', [
        jobId,
        number,
      ]);
      const [row] = rows;
      if (row === undefined) throw new CrucibleError('not-found', `Job ${jobId} has no attempt ${number}.`);
      if (idsByName.size >= MAX_NAMED_IDS) idsByName.clear();
      idsByName.set(name, row.id);
      return row.id;
    },
    async list(jobId) {
      await assertJobExists(pool, jobId);
      const rows = await prisma.attempt.findMany({
        where: { jobId },
        orderBy: { number: 'asc' },
        include: { worker: { select: { name: true } } },
      });
      return rows.map((row) => ({
        id: row.id,
        number: row.number,
        state: row.state as AttemptView['state'],
        outcome: row.outcome as AttemptView['outcome'],
        endCode: row.endCode as AttemptView['endCode'],
        detail: row.detail,
        worker: row.worker?.name ?? null,
        engine: row.engine as AttemptView['engine'],
        resumedFromStep: row.resumedStep === null ? null : Number(row.resumedStep),
        dispatchedAt: row.dispatchedAt.toISOString(),
        claimedAt: row.claimedAt?.toISOString() ?? null,
        endedAt: row.endedAt?.toISOString() ?? null,
      }));
    },
    async setEngine(attempt, engine) {
      const { rowCount } = await pool.query(
        `update attempt a set engine = $3::jsonb from job j where j.id = a.job_id and ${OWNS_JOB}`,
        [attempt.attemptId, attempt.fence, requiredJson(engine)],
      );
      if (rowCount === 0) throw staleFence(attempt);
    },
    markResumed: (attempt, step, checkpointId = null) =>
      transaction(pool, async (client) => {
        const { rows } = await client.query<{ job_id: string; presumed: number | null }>(
          `update attempt a set resumed_step = $3::bigint, last_step = coalesce($3::bigint, 0),
             resumed_checkpoint_id = $4
           from job j, attempt before where j.id = a.job_id and before.id = a.id and ${OWNS_JOB}
           returning a.job_id, before.resumed_step as presumed`,
          [attempt.attemptId, attempt.fence, step, checkpointId],
        );
        const [row] = rows;
        if (row === undefined) throw staleFence(attempt);
        if (row.presumed !== step) await recountSeries(client, row.job_id, -1);
      }),
  };
}
