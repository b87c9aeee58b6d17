import { randomUUID } from 'node:crypto';
import type { JobView } from '@crucible/contracts';
import { POLICY } from '@crucible/scheduler';
import type {
  ClaimedJob,
  DispatchDecision,
  DispatchedAttempt,
  NewJob,
  NewWorker,
  SchedulingSnapshot,
  Store,
} from '@crucible/store';

/** A job that any store accepts. */
export const newJob = (over: Partial<NewJob> = {}): NewJob => ({
  method: 'zen-nas',
  methodVersion: '1',
  name: 'a search',
  preset: null,
  submittedConfig: {},
  config: { generations: 3 },
  tags: {},
  seed: 7,
  priority: 50,
  resources: { pool: 'default', slots: 1 },
  tier: 'normal',
  limits: { maxRunSeconds: null, maxQueueSeconds: null, stallSeconds: null },
  keep: { last: 2, best: 1, metric: null, mode: 'max' },
  maxFailures: 0,
  precision: null,
  needs: [],
  notBefore: null,
  isPaused: false,
  forkedFrom: null,
  fromCheckpoint: null,
  teamId: 'default',
  userId: '00000000-0000-7000-8000-000000000001',
  submittedBy: 'test',
  ...over,
});

/** A worker with one CPU slot, fresh by name and boot. */
export const newWorker = (over: Partial<NewWorker> = {}): NewWorker => ({
  name: `worker-${randomUUID()}`,
  host: 'localhost',
  pool: 'default',
  version: '0.1.0',
  engine: { name: 'cpu', device: 'cpu', threads: 1, isa: '', versions: {}, reasons: [] },
  slots: [{ index: 0, kind: 'cpu', model: 'test', memoryMib: null }],
  bootId: randomUUID(),
  ...over,
});

/** Dispatches a queued job to a worker; for tests without a leader, which would be faster now and then. */
export async function dispatch(store: Store, jobId: string, workerId: string): Promise<DispatchedAttempt> {
  const { version, tier } = await store.jobs.get(jobId);
  const [attempt] = await dispatchAll(store, [{ jobId, version, workerId, tier }]);
  if (attempt === undefined) throw new Error(`job ${jobId} could not be dispatched`);
  return attempt;
}

/** What a scheduling pass sees, by the usual policy. */
export const snapshot = async (store: Store): Promise<SchedulingSnapshot> =>
  store.scheduling.snapshot(POLICY, await store.scheduling.slowFacts());

/** Applies dispatches and nothing else. */
export const dispatchAll = async (store: Store, decisions: readonly DispatchDecision[]): Promise<DispatchedAttempt[]> =>
  (await store.scheduling.apply({ dispatch: decisions, preempt: [], graceSeconds: 120 })).dispatched;

/** Dispatches a queued job and claims it for a worker. */
export async function claim(store: Store, jobId: string, workerId: string): Promise<ClaimedJob> {
  const { attemptId, fence } = await dispatch(store, jobId, workerId);
  const claimed = await store.attempts.claim({ attemptId, fence, workerId, slots: [0] });
  if (claimed === null) throw new Error(`attempt ${attemptId} could not be claimed`);
  return claimed;
}

/** A new job, running on a new worker. */
export async function startJob(
  store: Store,
  over: Partial<NewJob> = {},
): Promise<{ job: JobView; attempt: ClaimedJob; workerId: string }> {
  const { value: job } = await store.jobs.submit(newJob(over));
  const { workerId } = await store.workers.register(newWorker());
  return { job, attempt: await claim(store, job.id, workerId), workerId };
}

/** What `finish` wants beside the fence, for a success without streams. */
export const SUCCESS = {
  outcome: 'succeeded',
  endCode: 'ok',
  detail: null,
  summary: { accuracy: 0.9 },
  streams: { metrics: 0, logs: 0 },
} as const;

/** What `finish` wants beside the fence, for an error of the method. */
export const METHOD_ERROR = {
  outcome: 'failed',
  endCode: 'method-error',
  detail: 'it broke',
  summary: null,
  streams: { metrics: 0, logs: 0 },
} as const;
