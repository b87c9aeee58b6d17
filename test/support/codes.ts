import { CrucibleError, type ErrorCode } from '@crucible/contracts';

/** For `assert.rejects`: true for a `CrucibleError` of this code. */
export const hasCode =
  (code: ErrorCode) =>
  (error: unknown): boolean =>
    error instanceof CrucibleError && error.code === code;
