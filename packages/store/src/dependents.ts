import type { JobState, Need } from '@crucible/contracts';
import type pg from 'pg';
import { fillInputs } from './inputs.ts';
import { edgeOf, openNeeds, waitsFor } from './job-needs.ts';
import { changeState } from './job-state-change.ts';

interface Dependent {
  id: string;
  state: 'blocked' | 'paused';
  on: Need['on'];
}

/**
 * Tells the jobs that need a job of its end, inside the transaction of that end. A blocked one is queued once its last
 * need is met, and fails with `dependency-failed` when one is broken, which its own dependents are told in turn. A paused
 * one stays paused: its needs are looked at again when it is resumed, since the needed job may have been retried by then.
 */
export async function tellDependents(client: pg.PoolClient, jobId: string, state: JobState): Promise<void> {
  const ended = [{ jobId, state }];
  let cause: string | null = null;
  for (const needed of ended) {
    const { rows } = await client.query<Dependent>(
      `select j.id, j.state, n."on" from job_need n join job j on j.id = n.job_id
       where n.needs_job_id = $1 and not n.is_met and j.state in ('blocked', 'paused')
       order by j.id for no key update of j`,
      [needed.jobId],
    );
    for (const dependent of rows) {
      let problem: string | null;
      if (edgeOf(dependent.on, needed.state) === 'broken') {
        cause ??= await causeOf(client, jobId);
        problem = brokenBy(needed, { jobId, cause });
      } else problem = await meet(client, dependent, needed.jobId);
      if (problem === null || dependent.state === 'paused') continue;
      await changeState(client, dependent.id, { to: 'failed', endCode: 'dependency-failed', detail: problem });
      ended.push({ jobId: dependent.id, state: 'failed' });
    }
  }
}

/** Why a job cannot begin: the job that it needs, and the one whose end began it all. */
const brokenBy = (needed: { jobId: string; state: JobState }, first: { jobId: string; cause: string }): string =>
  needed.jobId === first.jobId
    ? `Job ${needed.jobId} (${first.cause}), which it needs, is ${needed.state}.`
    : `Job ${needed.jobId}, which it needs, is ${needed.state}, since job ${first.jobId} is (${first.cause}).`;

const MAX_CAUSE = 1000;

/** Name of a job that ended otherwise than wanted, and why, as far as it is known. */
async function causeOf(client: pg.PoolClient, jobId: string): Promise<string> {
  const { rows } = await client.query<{ name: string; end_code: string | null; detail: string | null }>(
    'select name, end_code, detail from job where id = $1',
    [jobId],
  );
  const [job] = rows;
  return [job?.name, job?.end_code, job?.detail]
    .filter((part) => part !== null && part !== undefined)
    .join(': ')
    .slice(0, MAX_CAUSE);
}

/** Marks an edge as met and queues the job if it was the last one. @returns why the job cannot be queued, or null */
async function meet(client: pg.PoolClient, { id, state }: Dependent, neededId: string): Promise<string | null> {
  await client.query('update job_need set is_met = true where job_id = $1 and needs_job_id = $2', [id, neededId]);
  if (state === 'paused') return null;
  const open = await openNeeds(client, id);
  if (open.length > 0) {
    await changeState(client, id, { to: 'blocked', from: ['blocked'], waiting: waitsFor(open) });
    return null;
  }
  const missing = await fillInputs(client, id);
  if (missing === null) await changeState(client, id, { to: 'queued' });
  return missing;
}
