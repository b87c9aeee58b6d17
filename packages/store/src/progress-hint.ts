import { CHANNELS } from './channels.ts';

/** Postgres refuses a notification of 8,000 bytes; a hint without its progress still says that there is news. */
const MAX_PROGRESS_BYTES = 7500;

/** SQL that sends a `ProgressHint` when it is selected; the arguments are SQL expressions, `progress` a jsonb one. */
export const sendHint = (jobId: string, maxStep: string, progress: string): string => `pg_notify(
  '${CHANNELS.hints}',
  json_build_object('jobId', ${jobId}, 'maxStep', ${maxStep}, 'progress',
    case when octet_length(${progress}::text) < ${MAX_PROGRESS_BYTES} then ${progress} end)::text
)`;
