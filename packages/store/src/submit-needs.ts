import {
  CrucibleError,
  type Fault,
  isMethodId,
  METHODS,
  mapReferences,
  type Need,
  type Reference,
  referencesIn,
} from '@crucible/contracts';
import type pg from 'pg';
import { hashOf, sourceOf } from './inputs.ts';
import { edgeOf, holdNeeded, waitsFor } from './job-needs.ts';
import type { IdentifiedJob } from './job-parts.ts';
import type { PlacedJob } from './job-submit.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A need with the place in the submitted body that asks for it. */
interface PlacedNeed extends Need {
  pointer: string;
}

/**
 * Decides how new jobs begin: queued, blocked by what they need, or paused. The jobs that they need stay as they are
 * until the transaction ends, so that none of them can end unnoticed.
 *
 * @param at pointer of a job in the submitted body, by index
 * @param refs ids of jobs of the same batch by their refs
 * @throws `invalid-request` with a fault at each need or reference that cannot be met
 */
export async function settleNeeds(
  client: pg.PoolClient,
  jobs: readonly IdentifiedJob[],
  at: (index: number) => string,
  refs: ReadonlyMap<string, string> = new Map(),
): Promise<PlacedJob[]> {
  const idOf = (name: string): string => refs.get(name) ?? name;
  const named = jobs.map((job) => renamed(job, idOf));
  const batch = new Map(named.map((job) => [job.id, job]));
  const needs = named.map((job, i) => needsOf(job, at(i)));
  const outside = needs.flat().filter(({ job }) => !batch.has(job) && UUID.test(job));
  const held = await holdNeeded(
    client,
    outside.map(({ job }) => job),
  );
  const faults: Fault[] = [];
  const placed: PlacedJob[] = [];
  for (const [i, job] of named.entries()) {
    const mine = needs[i] ?? [];
    const met = new Set<string>();
    const seen = new Set<string>();
    for (const { job: id, on, pointer } of mine) {
      if (seen.has(id)) faults.push({ pointer, message: 'is named twice' });
      seen.add(id);
      if (batch.has(id)) continue;
      const needed = held.get(id);
      const edge = needed?.teamId === job.teamId ? edgeOf(on, needed.state) : 'unknown';
      if (edge === 'met') met.add(id);
      else if (edge === 'unknown') faults.push({ pointer, message: `there is no job ${id}` });
      else if (edge === 'broken')
        faults.push({ pointer, message: `job ${id} is ${needed?.state}; retry it first, or need its end only` });
    }
    const methodOf = (id: string): string | undefined => batch.get(id)?.method ?? held.get(id)?.method;
    const config = await filled(client, job, { at: at(i), met, methodOf, faults });
    const open = mine.filter(({ job: id }) => !met.has(id)).map(({ job: id }) => id);
    const state = job.isPaused ? 'paused' : open.length > 0 ? 'blocked' : 'queued';
    placed.push({
      ...job,
      config,
      needs: mine.map(({ job: id, on }) => ({ job: id, on })),
      met,
      state,
      waiting: state === 'blocked' ? waitsFor(open) : null,
    });
  }
  if (faults.length > 0) throw refusal(faults);
  return placed;
}

/** Parts share the place of their job in the body, and its faults. */
const refusal = (all: readonly Fault[]): CrucibleError => {
  const faults = [...new Map(all.map((fault) => [`${fault.pointer} ${fault.message}`, fault])).values()];
  const what = faults.length === 1 ? 'a fault' : `${faults.length} faults`;
  return new CrucibleError('invalid-request', `The body has ${what}.`, { faults });
};

const renamed = (job: IdentifiedJob, idOf: (name: string) => string): IdentifiedJob => ({
  ...job,
  needs: job.needs.map((need) => ({ ...need, job: idOf(need.job) })),
  config: mapReferences(job.config, (reference) =>
    'fromJob' in reference ? { ...reference, fromJob: idOf(reference.fromJob) } : reference,
  ),
});

/** The needs of a job, those of its config included: it reads from a job that has succeeded. */
function needsOf(job: IdentifiedJob, at: string): PlacedNeed[] {
  const needs: PlacedNeed[] = job.needs.map((need, i) => ({ ...need, pointer: `${at}/needs/${i}/job` }));
  for (const { pointer, reference } of referencesIn(job.config)) {
    if (!('fromJob' in reference)) continue;
    const known = needs.find((need) => need.job === reference.fromJob);
    if (known === undefined)
      needs.push({ job: reference.fromJob, on: 'success', pointer: `${at}/config${pointer}/fromJob` });
    else known.on = 'success';
  }
  return needs;
}

/** The config with the hash of every reference whose bytes are there; what cannot come any more is a fault. */
async function filled(
  client: pg.PoolClient,
  job: IdentifiedJob,
  parts: { at: string; met: ReadonlySet<string>; methodOf: (id: string) => string | undefined; faults: Fault[] },
): Promise<unknown> {
  const hashes = new Map<string, string>();
  for (const { pointer, reference } of referencesIn(job.config)) {
    const place = `${parts.at}/config${pointer}`;
    if ('fromJob' in reference && !parts.met.has(reference.fromJob)) {
      const method = parts.methodOf(reference.fromJob);
      if (method !== undefined && !leaves(method, reference.artifact))
        parts.faults.push({ pointer: `${place}/artifact`, message: `${method} leaves no such file` });
      continue;
    }
    const sha256 = await hashOf(client, job.teamId, reference);
    if (sha256 === null) parts.faults.push({ pointer: place, message: `${sourceOf(reference)} is not there` });
    else if (reference.sha256 !== undefined && reference.sha256 !== sha256)
      parts.faults.push({ pointer: `${place}/sha256`, message: `the bytes have the hash ${sha256}` });
    else hashes.set(pointer, sha256);
  }
  return mapReferences(job.config, (reference: Reference, pointer) => {
    const sha256 = hashes.get(pointer);
    return sha256 === undefined ? reference : { ...reference, sha256 };
  });
}

const leaves = (method: string, artifact: string): boolean =>
  !isMethodId(method) || METHODS[method].artifacts.some(({ name }) => name === artifact);
