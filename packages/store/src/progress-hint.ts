import { CHANNELS } from './channels.ts';
import type { Queryable } from './database.ts';

/** Postgres refuses a notification of 8,000 bytes; a hint without its progress still says that there is news. */
const MAX_PROGRESS_BYTES = 7500;

/** SQL that sends a `ProgressHint` when it is selected; the arguments are SQL expressions, `progress` a jsonb one. */
export const sendHint = (jobId: string, team: string, maxStep: string, progress: string): string => `pg_notify(
  '${CHANNELS.hints}',
  json_build_object('jobId', ${jobId}, 'team', ${team}, 'maxStep', ${maxStep}, 'progress',
    case when octet_length(${progress}::text) < ${MAX_PROGRESS_BYTES} then ${progress} end)::text
)`;

/** Says that the points of a job up to `maxStep` can be read, once the transaction commits. */
export async function hintPoints(client: Queryable, jobId: string, maxStep: number): Promise<void> {
  await client.query(`select ${sendHint('id', 'team_id', '$2::bigint', 'progress')} from job where id = $1`, [
    jobId,
    maxStep,
  ]);
}
