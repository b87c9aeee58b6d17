import { CrucibleError } from '@crucible/contracts';
import type { Queryable } from './database.ts';
import type { NewJob } from './job-submit.ts';

/**
 * Refuses a job that could never run, or that is one too many of its team. A pool without any worker may get one later
 * and takes jobs. The count is not locked: submits in the very same moment may pass the limit by their number.
 *
 * @throws `unsatisfiable`, `quota-exceeded`
 */
export async function assertAdmissible(
  client: Queryable,
  { resources: { pool, slots }, teamId }: Pick<NewJob, 'resources' | 'teamId'>,
): Promise<void> {
  const { rows } = await client.query<{ largest: number | null; max_queued: number; num_waiting: number }>(
    `select
       (select max(jsonb_array_length(slots)) from worker where pool = $1 and state <> 'gone') as largest,
       t.max_queued,
       (select count(*) from (
          select from job where team_id = t.id and state in ('blocked', 'queued') limit t.max_queued) w) as num_waiting
     from team t where t.id = $2`,
    [pool, teamId],
  );
  const [row] = rows;
  if (row === undefined) return; // the insert says so
  const { largest, max_queued: maxQueued, num_waiting: numWaiting } = row;
  if (largest !== null && slots > largest)
    throw new CrucibleError(
      'unsatisfiable',
      `No worker of pool ${pool} has ${slots} slots: the largest has ${largest}. Ask for fewer slots or another pool.`,
      { faults: [{ pointer: '/resources/slots', message: `must be at most ${largest} in pool ${pool}` }] },
    );
  if (numWaiting >= maxQueued)
    throw new CrucibleError(
      'quota-exceeded',
      `Team ${teamId} has ${maxQueued} jobs waiting, as many as it may. Cancel some, or wait until some have started.`,
      { detail: { maxQueued } },
    );
}
