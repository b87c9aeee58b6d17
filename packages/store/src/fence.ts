import { CrucibleError } from '@crucible/contracts';
import type { Queryable } from './database.ts';

/**
 * The right of an attempt to write. The fence of a job rises with every dispatch, so that a writer which lost its
 * job changes nothing and is told `stale-fence`.
 */
export interface AttemptFence {
  attemptId: string;
  fence: number;
}

/** What the holder of a current fence writes for. */
export interface FencedAttempt {
  jobId: string;
  number: number;
}

/**
 * True for the attempt `a` that owns its job `j`, as a condition of a statement with the attempt's id in `$1` and
 * the fence in `$2`. The conditions on the job alone decide once its row is locked: it leaves these states, or its
 * fence rises, in every transaction that ends the attempt.
 */
export const OWNS_JOB = `a.id = $1 and a.fence = $2 and a.state = 'running'
  and j.fence = a.fence and j.state in ('running', 'stopping')`;

export const staleFence = (attempt: AttemptFence): CrucibleError =>
  new CrucibleError(
    'stale-fence',
    `Attempt ${attempt.attemptId} with fence ${attempt.fence} no longer owns its job; stop it and write nothing more.`,
    { detail: { attemptId: attempt.attemptId, fence: attempt.fence } },
  );

/**
 * Keeps the job from changing hands until the transaction ends. Two writers of one attempt do not wait for each other.
 *
 * @throws `stale-fence`
 */
export async function holdFence(client: Queryable, attempt: AttemptFence): Promise<FencedAttempt> {
  const { rows } = await client.query<{ job_id: string; number: number }>(
    `select a.job_id, a.number from job j join attempt a on a.job_id = j.id where ${OWNS_JOB} for share of j`,
    [attempt.attemptId, attempt.fence],
  );
  const [row] = rows;
  if (row === undefined) throw staleFence(attempt);
  return { jobId: row.job_id, number: row.number };
}
