import { createHash } from 'node:crypto';
import type { EndCode } from '@crucible/contracts';

/**
 * Seconds before the second try, by cause: another try at once would likely meet these again. A killed child is most
 * often a single blow, after which the job should go on soon; for a lost worker and the codes that are absent the next
 * try runs elsewhere or otherwise, and waits for nothing.
 */
const FIRST_SECONDS: Partial<Record<EndCode, number>> = {
  'method-error': 30,
  'out-of-memory': 30,
  infrastructure: 30,
  'child-killed': 5,
};
const MAX_SECONDS = 900;

/** A number in [0, 1) that depends on the job and the attempt alone. */
const drawOf = ({ jobId, number }: { jobId: string; number: number }): number =>
  createHash('sha256').update(`${jobId}/${number}`).digest().readUIntBE(0, 6) / 2 ** 48;

/**
 * The pause before a job is tried again: drawn evenly from 0 to a bound that doubles with each earlier try, at most 15
 * minutes. Jobs that failed together thus come back apart.
 *
 * @param numEarlier attempts that ended with the same code before
 */
export const backoffSeconds = (
  endCode: EndCode,
  numEarlier: number,
  attempt: { jobId: string; number: number },
): number => drawOf(attempt) * Math.min((FIRST_SECONDS[endCode] ?? 0) * 2 ** numEarlier, MAX_SECONDS);
