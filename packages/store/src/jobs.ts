import type { JobPage, JobsQuery, JobView } from '@crucible/contracts';
import type { Database } from './database.ts';
import { type Answer, answerOnce, type IdempotentRequest } from './idempotency.ts';
import { cancelJob, retryJob } from './job-commands.ts';
import { readSigningSecret } from './job-cursor.ts';
import { type JobOwner, readJob, readJobOwner, readJobVersion } from './job-lookup.ts';
import { readJobPage } from './job-page.ts';
import { type NewJob, submitJob } from './job-submit.ts';
import type { TeamFilter } from './team-filter.ts';

/** Jobs as users see and command them. */
export interface Jobs {
  /**
   * Stores a job as queued, with its event, in one transaction. A repeated request gets the first answer.
   *
   * @throws `idempotency-mismatch`, `idempotency-in-flight`
   */
  submit(job: NewJob, request?: IdempotentRequest): Promise<Answer<JobView>>;
  /** @throws `not-found` */
  get(id: string): Promise<JobView>;
  /** The version alone, for an answer without a body. @throws `not-found` */
  getVersion(id: string): Promise<number>;
  /** Whose job it is; what a caller may do to it depends on that alone. @throws `not-found` */
  getOwner(id: string): Promise<JobOwner>;
  /** Newest first. @throws `cursor-mismatch` when the cursor was made for another filter or by nobody */
  list(query: JobsQuery, team: TeamFilter): Promise<JobPage>;
  /**
   * A queued job ends at once; a running one is `stopping` until its worker has stopped it; asking again changes nothing.
   *
   * @throws `not-found`, `illegal-transition` with the state and the legal actions in its detail
   */
  cancel(id: string, request?: IdempotentRequest): Promise<Answer<JobView>>;
  /**
   * Queues a failed or canceled job again, with full retry budgets; it goes on from its last checkpoint.
   *
   * @throws `not-found`, `illegal-transition` with the state and the legal actions in its detail
   */
  retry(id: string, request?: IdempotentRequest): Promise<Answer<JobView>>;
}

export function createJobs({ pool }: Database): Jobs {
  let secret: Buffer | null = null;
  return {
    submit: (job, request) => answerOnce(pool, request, (client) => submitJob(client, job)),
    get: (id) => readJob(pool, id),
    getVersion: (id) => readJobVersion(pool, id),
    getOwner: (id) => readJobOwner(pool, id),
    async list(query, team) {
      secret ??= await readSigningSecret(pool);
      return readJobPage(pool, secret, query, team);
    },
    cancel: (id, request) => answerOnce(pool, request, (client) => cancelJob(client, id)),
    retry: (id, request) => answerOnce(pool, request, (client) => retryJob(client, id)),
  };
}
