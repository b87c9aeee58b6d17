import { CrucibleError, type ErrorCode, type JobState } from '@crucible/contracts';

/** What the shell is told. Scripts rely on these numbers. */
export const EXIT = {
  done: 0,
  error: 1,
  usage: 2,
  jobFailed: 3,
  jobCanceled: 4,
  timeout: 5,
  auth: 6,
  notFound: 7,
  conflict: 8,
  unavailable: 9,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A command line that cannot be understood; the message says what to write instead. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The wait for a job was longer than the user allowed. */
export class WaitTimeout extends Error {
  override readonly name = 'WaitTimeout';
}

const OF_CODE: Partial<Record<ErrorCode, ExitCode>> = {
  unauthenticated: EXIT.auth,
  forbidden: EXIT.auth,
  'not-found': EXIT.notFound,
  'illegal-transition': EXIT.conflict,
  'stale-version': EXIT.conflict,
  'checkpoint-in-use': EXIT.conflict,
  'idempotency-in-flight': EXIT.conflict,
  'idempotency-mismatch': EXIT.conflict,
  unavailable: EXIT.unavailable,
  'rate-limited': EXIT.unavailable,
};

/** The exit code of an error that ended a verb. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof WaitTimeout) return EXIT.timeout;
  return error instanceof CrucibleError ? (OF_CODE[error.code] ?? EXIT.error) : EXIT.error;
}

/** The exit code of a job that was waited for. */
export function exitCodeOfState(state: JobState): ExitCode {
  if (state === 'failed') return EXIT.jobFailed;
  return state === 'canceled' ? EXIT.jobCanceled : EXIT.done;
}
