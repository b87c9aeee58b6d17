import type { Queryable } from './database.ts';

/**
 * Which points of which attempt are part of the job's curve: of attempt `attempts[i]` those with
 * `step <= maxSteps[i]`, where null is no bound.
 */
export interface AttemptMask {
  attempts: number[];
  maxSteps: (number | null)[];
}

/**
 * An attempt that resumes from step `r` makes everything that earlier attempts reported beyond `r` a branch that was
 * left. So attempt `a` shows steps up to the least resumed step of all later ones. Nothing is deleted.
 *
 * @param resumed number and resumed step of every attempt that was claimed, by number; null: it began from nothing
 */
export function maskOf(resumed: readonly { number: number; resumedStep: number | null }[]): AttemptMask {
  const mask: AttemptMask = { attempts: [], maxSteps: [] };
  let bound: number | null = null;
  for (const { number, resumedStep } of [...resumed].reverse()) {
    mask.attempts.push(number);
    mask.maxSteps.push(bound);
    const from = resumedStep ?? -1;
    bound = bound === null ? from : Math.min(bound, from);
  }
  return mask;
}

/** The mask of a job as its attempts stand now. */
export async function readMask(client: Queryable, jobId: string): Promise<AttemptMask> {
  const { rows } = await client.query<{ number: number; resumedStep: number | null }>(
    `select number, resumed_step as "resumedStep" from attempt
     where job_id = $1 and claimed_at is not null order by number`,
    [jobId],
  );
  return maskOf(rows);
}
