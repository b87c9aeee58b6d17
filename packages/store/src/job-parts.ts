import { CrucibleError, mapReferences, type Need } from '@crucible/contracts';
import type { NewJob } from './job-submit.ts';
import { uuidV7 } from './uuid-v7.ts';

/** A job with its place among others. */
export type IdentifiedJob = NewJob & { id: string; parentId: string | null };

/**
 * The jobs that a submitted one becomes: the parts that it is cut into, if it is, and then the job itself, which needs
 * them all. The parts share its terms, seed and needs. Ids rise in this order, which is that of all locks.
 *
 * @param at pointer of the job in the submitted body
 * @throws `invalid-request` for a job with parts that is to begin with a checkpoint
 */
export function withParts(job: NewJob, at: string): IdentifiedJob[] {
  const { cut = null } = job;
  if (cut === null || cut.parts.length === 0)
    return [{ ...job, config: cut?.config ?? job.config, id: uuidV7(), parentId: null }];
  if (job.fromCheckpoint !== null) {
    const message = `must be absent: the job is cut into ${cut.parts.length} jobs, which begin with nothing`;
    throw new CrucibleError('invalid-request', `${at}/fromCheckpoint ${message}.`, {
      faults: [{ pointer: `${at}/fromCheckpoint`, message }],
    });
  }
  const ids = new Map(cut.parts.map(({ ref }) => [ref, uuidV7()]));
  const id = uuidV7();
  const named = (config: unknown): unknown =>
    mapReferences(config, (reference) =>
      'fromJob' in reference ? { ...reference, fromJob: ids.get(reference.fromJob) ?? reference.fromJob } : reference,
    );
  const parts = cut.parts.map((part) => ({
    ...job,
    id: ids.get(part.ref) ?? '',
    parentId: id,
    name: `${job.name}: ${part.name}`,
    config: named(part.config),
    forkedFrom: null,
  }));
  const needs = [...job.needs, ...parts.map((part): Need => ({ job: part.id, on: 'success' }))];
  return [...parts, { ...job, id, parentId: null, config: named(cut.config), needs }];
}
