import { CrucibleError, type JobView } from '@crucible/contracts';
import type { Queryable } from './database.ts';
import { JOB_COLUMNS, type JobRow, toJobView } from './job-row.ts';
import type { TeamFilter } from './team-filter.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export const jobNotFound = (id: string): CrucibleError => new CrucibleError('not-found', `There is no job ${id}.`);

/** @throws `not-found` for text that cannot be the id of a job */
export function assertJobId(id: string): void {
  if (!UUID.test(id)) throw jobNotFound(id);
}

/** @throws `not-found` */
export async function readJob(client: Queryable, id: string): Promise<JobView> {
  assertJobId(id);
  const { rows } = await client.query<JobRow>(`select ${JOB_COLUMNS} from job where id = $1`, [id]);
  const [row] = rows;
  if (row === undefined) throw jobNotFound(id);
  return toJobView(row);
}

/** @throws `not-found` */
export async function readJobVersion(client: Queryable, id: string): Promise<number> {
  assertJobId(id);
  const { rows } = await client.query<{ version: number }>('select version from job where id = $1', [id]);
  const [row] = rows;
  if (row === undefined) throw jobNotFound(id);
  return row.version;
}

/** The team that a job belongs to, and the user who submitted it. */
export interface JobOwner {
  teamId: string;
  userId: string;
}

/** A job of another team than `team` is not found either. @throws `not-found` */
export async function readJobOwner(client: Queryable, id: string, team: TeamFilter): Promise<JobOwner> {
  assertJobId(id);
  const { rows } = await client.query<JobOwner>(
    'select team_id as "teamId", user_id as "userId" from job where id = $1',
    [id],
  );
  const [row] = rows;
  if (row === undefined || (team !== null && team !== row.teamId)) throw jobNotFound(id);
  return row;
}

/** Tells "this job has none" from "there is no such job". @throws `not-found` */
export async function assertJobExists(client: Queryable, id: string): Promise<void> {
  await readJobVersion(client, id);
}
