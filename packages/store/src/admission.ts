import { CrucibleError, type Fault } from '@crucible/contracts';
import type { Queryable } from './database.ts';
import type { IdentifiedJob } from './job-parts.ts';

/** SQL: whether one job of team $4 that wants $3 slots of pool $2 passes what `assertAdmissible` asks. */
export const ADMISSIBLE = `
  coalesce((select max(jsonb_array_length(slots)) from worker where state <> 'gone' and pool = $2) >= $3, true)
  and coalesce((select t.max_queued > (select count(*) from (
    select from job where team_id = t.id and state in ('blocked', 'queued') limit t.max_queued) w)
  from team t where t.id = $4), true)`;

type Applicant = Pick<IdentifiedJob, 'resources' | 'teamId' | 'parentId'>;

/**
 * Refuses jobs that could never run, or that are too many for their team. A pool without any worker may get one later
 * and takes jobs. The count is not locked: submits in the very same moment may pass the limit by their number.
 *
 * @param pointerOf JSON pointer to the i-th job in the body
 * @throws `unsatisfiable` with a fault for each such job; `quota-exceeded`
 */
export async function assertAdmissible(
  client: Queryable,
  jobs: readonly Applicant[],
  pointerOf: (i: number) => string,
): Promise<void> {
  await assertSatisfiable(client, jobs, pointerOf);
  const numByTeam = new Map<string, number>();
  for (const { teamId } of jobs) numByTeam.set(teamId, (numByTeam.get(teamId) ?? 0) + 1);
  for (const [teamId, count] of numByTeam) await assertWithinQuota(client, teamId, count);
}

async function assertSatisfiable(
  client: Queryable,
  jobs: readonly Applicant[],
  pointerOf: (i: number) => string,
): Promise<void> {
  const { rows } = await client.query<{ pool: string; largest: number }>({
    name: 'largest-workers',
    text: `select pool, max(jsonb_array_length(slots)) as largest from worker
     where state <> 'gone' and pool = any($1) group by pool`,
    values: [[...new Set(jobs.map(({ resources }) => resources.pool))]],
  });
  const largestOf = new Map(rows.map(({ pool, largest }) => [pool, largest]));
  const faults = jobs.flatMap<Fault>(({ resources: { pool, slots }, parentId }, i) => {
    if (parentId !== null) return []; // the same as of its job
    const largest = largestOf.get(pool) ?? Number.POSITIVE_INFINITY;
    const message = `must be at most ${largest}: no worker of pool ${pool} has more slots`;
    return slots <= largest ? [] : [{ pointer: `${pointerOf(i)}/resources/slots`, message }];
  });
  const [first] = faults;
  if (first === undefined) return;
  const what = `${first.pointer.slice(1)} ${first.message}`;
  throw new CrucibleError('unsatisfiable', `${what}. Ask for fewer slots or another pool.`, { faults });
}

async function assertWithinQuota(client: Queryable, teamId: string, count: number): Promise<void> {
  const { rows } = await client.query<{ max_queued: number; num_waiting: number }>({
    name: 'jobs-waiting',
    text: `select t.max_queued, (select count(*) from (
       select from job where team_id = t.id and state in ('blocked', 'queued') limit t.max_queued) w) as num_waiting
     from team t where t.id = $1`,
    values: [teamId],
  });
  const [row] = rows;
  if (row === undefined || row.num_waiting + count <= row.max_queued) return; // an unknown team is the insert's to refuse
  throw new CrucibleError(
    'quota-exceeded',
    `Team ${teamId} may have ${row.max_queued} jobs waiting. Cancel some, or wait until some have started.`,
    { detail: { maxQueued: row.max_queued } },
  );
}
