import { CrucibleError } from '@crucible/contracts';

/** Codes of Postgres and of sockets that say "not now": https://www.postgresql.org/docs/current/errcodes-appendix.html */
const NOT_NOW = new Set([
  '25006', // a standby that is not the primary yet
  '40001', // serialization failure
  '40P01', // deadlock, resolved at our cost
  '53300', // too many connections
  '55P03', // lock_timeout
  '57014', // statement_timeout
  '57P01', // server shuts down
  '57P02', // server crashed
  '57P03', // server starts up
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'P1001', // Prisma: server not reached
  'P1002', // Prisma: server timed out
  'P1017', // Prisma: connection closed
  'P2024', // Prisma: no connection in time
]);

const NOT_NOW_MESSAGE =
  /Connection terminated|Query read timeout|timeout exceeded when trying to connect|Client has encountered a connection error|Can't reach database server/;

const codeOf = (error: Error): string => ('code' in error && typeof error.code === 'string' ? error.code : '');

/** True when Postgres could not answer, or not in time; the same call may work later. */
export const isNotNow = (error: unknown): boolean =>
  error instanceof Error &&
  (NOT_NOW.has(codeOf(error)) || codeOf(error).startsWith('08') || NOT_NOW_MESSAGE.test(error.message));

/** True when a row lock could not be had in time. */
export const isLockTimeout = (error: unknown): boolean => error instanceof Error && codeOf(error) === '55P03';

/** `error` as it may leave the store. */
const translated = (error: unknown): unknown =>
  isNotNow(error) ? new CrucibleError('unavailable', 'Postgres does not answer; try again', { cause: error }) : error;

type AsyncMethod = (...args: never[]) => Promise<unknown>;

/** `part` with the same methods, which report an unreachable database as `unavailable`. */
export function reportingUnavailable<P extends { [K in keyof P]: AsyncMethod }>(part: P): P {
  const wrap =
    (method: AsyncMethod): AsyncMethod =>
    async (...args) => {
      try {
        return await method(...args);
      } catch (error) {
        throw translated(error);
      }
    };
  const entries = Object.entries<AsyncMethod>(part).map(([name, method]) => [name, wrap(method)]);
  return Object.fromEntries(entries) as P;
}
