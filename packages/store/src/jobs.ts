import type { JobPage, JobsQuery, JobView, Resources } from '@crucible/contracts';
import type { Answer, IdempotentRequest } from './idempotency.ts';

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
  forkedFrom: string | null;
  /** name of the API key */
  submittedBy: string;
}

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
  /** Newest first. @throws `cursor-mismatch` when the cursor was made for another filter or by nobody */
  list(query: JobsQuery): Promise<JobPage>;
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
