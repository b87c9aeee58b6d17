import { randomInt } from 'node:crypto';
import {
  CrucibleError,
  cutJob,
  type ErrorCode,
  type Fault,
  ForkJob,
  isMethodId,
  type JobView,
  METHODS,
  mergeConfig,
  resolve,
  resolveConfig,
  SubmitJob,
} from '@crucible/contracts';
import type { NewJob } from '@crucible/store';
import type { TSchema } from 'typebox';

/** A checked job, whole but for who submits it. */
export type CheckedJob = Omit<NewJob, 'submittedBy' | 'teamId' | 'userId'>;

const SEED_LIMIT = 2 ** 32;

const drawSeed = (): number => randomInt(SEED_LIMIT);

const versionOf = (method: string): string => (isMethodId(method) ? METHODS[method].version : '');

/** The config, or why it cannot be resolved; every other error is thrown. */
function tryResolve(
  method: string,
  config: unknown,
  preset?: string,
): { config: unknown } | { refusal: CrucibleError } {
  try {
    return { config: resolveConfig(method, config, preset) };
  } catch (error) {
    if (error instanceof CrucibleError) return { refusal: error };
    throw error;
  }
}

/** One error for the faults of the body and those of the config inside it, so that a user mends them in one go. */
function refuse(bodyFaults: readonly Fault[], configRefusal: CrucibleError | undefined): never {
  if (configRefusal !== undefined && bodyFaults.length === 0) throw configRefusal;
  const faults = [...bodyFaults, ...(configRefusal?.faults ?? [])];
  const code: ErrorCode = configRefusal?.code ?? 'invalid-request';
  throw new CrucibleError(code, `The body has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}.`, {
    faults,
  });
}

const memberOf = (body: unknown, name: string): unknown =>
  typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined;

function checkedBody<S extends TSchema>(schema: S, body: unknown) {
  return resolve(schema, body ?? {});
}

/**
 * Checks a body of `POST /v1/jobs` and its config as a whole, and fills in what was left out.
 *
 * @throws CrucibleError with every fault at once: `invalid-config`, `unknown-method` or `unknown-preset` when the
 *   config is among them, else `invalid-request`
 */
export function checkSubmission(body: unknown): CheckedJob {
  const { job, faults, refusal } = tryCheck(SubmitJob, body);
  return job ?? refuse(faults, refusal);
}

/** A body of one job and its config, checked; `job` is null when there are faults. */
export interface CheckResult {
  job: CheckedJob | null;
  /** of the body, without those of its config */
  faults: readonly Fault[];
  /** why the config cannot be resolved */
  refusal: CrucibleError | undefined;
}

/** As {@link checkSubmission}, by a schema that may say more of a job, and without throwing. */
export function tryCheck(schema: typeof SubmitJob, body: unknown): CheckResult {
  const outer = checkedBody(schema, body);
  const method = memberOf(body, 'method');
  const preset = memberOf(body, 'preset');
  const inner =
    typeof method === 'string'
      ? tryResolve(method, memberOf(body, 'config'), typeof preset === 'string' ? preset : undefined)
      : undefined;
  const refusal = inner !== undefined && 'refusal' in inner ? inner.refusal : undefined;
  if (outer.value === null || inner === undefined || 'refusal' in inner)
    return { job: null, faults: outer.faults, refusal };
  return { job: jobOf(outer.value, inner.config), faults: [], refusal: undefined };
}

function jobOf(submitted: SubmitJob, config: unknown): CheckedJob {
  return {
    method: submitted.method,
    methodVersion: versionOf(submitted.method),
    name: submitted.name ?? submitted.method,
    preset: submitted.preset ?? null,
    submittedConfig: submitted.config,
    config,
    cut: cutJob(submitted.method, config),
    tags: submitted.tags ?? {},
    seed: submitted.seed ?? drawSeed(),
    priority: submitted.priority,
    resources: submitted.resources,
    tier: submitted.tier,
    limits: submitted.limits,
    keep: submitted.keep,
    maxFailures: submitted.maxFailures,
    precision: submitted.precision,
    needs: submitted.needs,
    notBefore: submitted.notBefore ?? null,
    isPaused: submitted.paused,
    forkedFrom: null,
    fromCheckpoint: submitted.fromCheckpoint ?? null,
  };
}

/**
 * Checks a body of `POST /v1/jobs/:id/fork`: the old job's resolved config with the submitted one over it, key by key.
 *
 * @throws CrucibleError as `checkSubmission`
 */
export function checkFork(old: JobView, body: unknown): CheckedJob {
  const outer = checkedBody(ForkJob, body);
  const inner = tryResolve(old.method, mergeConfig(old.config, memberOf(body, 'config')));
  const refusal = 'refusal' in inner ? inner.refusal : undefined;
  if (outer.value === null || 'refusal' in inner) return refuse(outer.faults, refusal);
  const patch = outer.value;
  return {
    method: old.method,
    methodVersion: versionOf(old.method),
    name: patch.name ?? old.name,
    preset: null,
    submittedConfig: patch.config,
    config: inner.config,
    cut: cutJob(old.method, inner.config),
    // the schema's default would read as "no tags"
    tags: memberOf(body, 'tags') === undefined ? old.tags : (patch.tags ?? {}),
    seed: patch.seed ?? old.seed,
    priority: patch.priority ?? old.priority,
    resources: old.resources,
    tier: old.tier,
    limits: old.limits,
    keep: old.keep,
    maxFailures: old.maxFailures,
    precision: old.precision,
    needs: [], // those that its config reads from are added at the store
    notBefore: null,
    isPaused: false,
    forkedFrom: old.id,
    fromCheckpoint: patch.fromCheckpoint ?? null,
  };
}
