import type { JobPage, JobsQuery, JobView, PatchJob, SubmittedBatch } from '@crucible/contracts';
import type { Database } from './database.ts';
import { type Answer, answerOnce, type IdempotentRequest } from './idempotency.ts';
import { haltJob, resumeJob, retryJob } from './job-commands.ts';
import { readSigningSecret } from './job-cursor.ts';
import { type JobOwner, readJob, readJobOwner, readJobVersion } from './job-lookup.ts';
import { readJobPage } from './job-page.ts';
import { patchJob } from './job-patch.ts';
import { type BatchedJob, type NewJob, submitAlone, submitJob, submitJobs } from './job-submit.ts';
import type { TeamFilter } from './team-filter.ts';
import { transaction } from './transaction.ts';

/** Jobs as users see and command them. */
export interface Jobs {
  /**
   * Stores a job with its event in one transaction: queued, blocked while it needs others, or paused if it wants that.
   * A repeated request gets the first answer.
   *
   * @throws `idempotency-mismatch`, `idempotency-in-flight`; `invalid-request` with a fault at each need or reference
   *   that cannot be met
   */
  submit(job: NewJob, request?: IdempotentRequest): Promise<Answer<JobView>>;
  /** Stores jobs as `submit` does, all in one transaction; faults lie at `/jobs/INDEX/...`. */
  submitBatch(jobs: readonly BatchedJob[], request?: IdempotentRequest): Promise<Answer<SubmittedBatch>>;
  /**
   * Changes what may still change of a job.
   *
   * @param expectedVersion null: whatever its version is
   * @throws `not-found`, `stale-version`, `illegal-transition`
   */
  patch(id: string, patch: PatchJob, expectedVersion: number | null): Promise<JobView>;
  /** @throws `not-found` */
  get(id: string): Promise<JobView>;
  /** The version alone, for an answer without a body. @throws `not-found` */
  getVersion(id: string): Promise<number>;
  /** Whose job it is; what a caller may do to it depends on that alone. @throws `not-found`, also outside `team` */
  getOwner(id: string, team: TeamFilter): Promise<JobOwner>;
  /**
   * One page in the order of `sort`, see {@link JobsQuery}.
   *
   * @throws `cursor-mismatch` when the cursor was made for another filter or order, or by nobody; `invalid-request`
   */
  list(query: JobsQuery, team: TeamFilter): Promise<JobPage>;
  /**
   * A job that waits is paused at once; a running one is `stopping` until it has saved a checkpoint. Asking again
   * changes nothing.
   *
   * @throws `not-found`, `illegal-transition` with the state and the legal actions in its detail
   */
  pause(id: string, request?: IdempotentRequest): Promise<Answer<JobView>>;
  /**
   * Queues a paused job, or blocks it while it needs others.
   *
   * @throws as `pause`, also when a job that it needs has ended otherwise than it wants
   */
  resume(id: string, request?: IdempotentRequest): Promise<Answer<JobView>>;
  /**
   * A job that waits ends at once; a running one is `stopping` until its worker has stopped it; asking again changes
   * nothing.
   *
   * @throws as `pause`
   */
  cancel(id: string, request?: IdempotentRequest): Promise<Answer<JobView>>;
  /** Cancels a running job without giving its process time. @throws as `pause` */
  kill(id: string, request?: IdempotentRequest): Promise<Answer<JobView>>;
  /**
   * Queues a failed or canceled job again, with full retry budgets; it goes on from its last checkpoint.
   *
   * @param userId who asks
   * @throws as `resume`; `forbidden` for a job that ended as `poison`, unless the user is an operator
   */
  retry(id: string, request?: IdempotentRequest, userId?: string): Promise<Answer<JobView>>;
}

export function createJobs({ pool }: Database): Jobs {
  let secret: Buffer | null = null;
  return {
    async submit(job, request) {
      const alone = request === undefined ? await submitAlone(pool, job) : null;
      if (alone !== null) return { value: alone, isReplayed: false };
      return answerOnce(pool, request, (client) => submitJob(client, job));
    },
    get: (id) => readJob(pool, id),
    getVersion: (id) => readJobVersion(pool, id),
    getOwner: (id, team) => readJobOwner(pool, id, team),
    async list(query, team) {
      secret ??= await readSigningSecret(pool);
      return readJobPage(pool, secret, query, team);
    },
    submitBatch: (jobs, request) => answerOnce(pool, request, (client) => submitJobs(client, jobs)),
    patch: (id, patch, expectedVersion) => transaction(pool, (client) => patchJob(client, id, patch, expectedVersion)),
    pause: (id, request) => answerOnce(pool, request, (client) => haltJob(client, id, 'pause')),
    resume: (id, request) => answerOnce(pool, request, (client) => resumeJob(client, id)),
    cancel: (id, request) => answerOnce(pool, request, (client) => haltJob(client, id, 'cancel')),
    kill: (id, request) => answerOnce(pool, request, (client) => haltJob(client, id, 'kill')),
    retry: (id, request, userId) => answerOnce(pool, request, (client) => retryJob(client, id, userId ?? null)),
  };
}
