import {
  CrucibleError,
  type Fault,
  MAX_JOBS_PER_BATCH,
  resolve,
  SubmitBatch,
  type SubmitJob,
} from '@crucible/contracts';
import { Type } from 'typebox';
import { refFaults } from './ref-faults.ts';
import { type CheckedJob, tryCheck } from './submission.ts';

/** A checked job of a batch, whole but for who submits it. */
export type CheckedBatchJob = CheckedJob & { ref: string | null };

/** As `SubmitJob`; needs may name refs. */
const BATCH_JOB = SubmitBatch.properties.jobs.items as unknown as typeof SubmitJob;
/** The batch itself, whatever its jobs are. */
const ENVELOPE = Type.Object(
  { jobs: Type.Array(Type.Unknown(), { minItems: 1, maxItems: MAX_JOBS_PER_BATCH }) },
  { additionalProperties: false },
);

/**
 * Checks a body of `POST /v1/job-batches` as a whole: each job as if it came alone, then what they need of one another.
 *
 * @throws CrucibleError with every fault at once, at `/jobs/INDEX/...`; its code is that of the first config that cannot
 *   be resolved, else `invalid-request`
 */
export function checkBatch(body: unknown): CheckedBatchJob[] {
  const outer = resolve(ENVELOPE, body ?? {});
  if (outer.value === null) throw refusal(outer.faults, 'invalid-request');
  const results = outer.value.jobs.map((job) => ({ ...tryCheck(BATCH_JOB, job), ref: refOf(job) }));
  const faults = results.flatMap((result, i) =>
    [...result.faults, ...(result.refusal?.faults ?? [])].map(({ pointer, message }) => ({
      pointer: `/jobs/${i}${pointer}`,
      message,
    })),
  );
  const code = results.find((result) => result.refusal !== undefined)?.refusal?.code ?? 'invalid-request';
  const jobs = results.flatMap(({ job, ref }) => (job === null ? [] : [{ ...job, ref }]));
  if (faults.length === 0) faults.push(...refFaults(jobs));
  if (faults.length > 0) throw refusal(faults, code);
  return jobs;
}

const refOf = (job: unknown): string | null => (job as { ref?: string } | null)?.ref ?? null;

const refusal = (faults: readonly Fault[], code: CrucibleError['code']): CrucibleError =>
  new CrucibleError(
    code,
    `The batch has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}; none of its jobs is stored.`,
    { faults },
  );
