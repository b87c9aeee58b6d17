import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type AttemptView, CrucibleError, type JobView } from '@crucible/contracts';
import type { NewJob } from '@crucible/store';
import { eventually } from './poll.ts';
import { type RunningApi, type RunningApiOptions, runApi, testRedisUrl } from './running-api.ts';
import { newJob } from './running-attempt.ts';
import { startWorkerProcess, type WorkerProcess, type WorkerProgram } from './worker-process.ts';

const TINY_WORKER = fileURLToPath(new URL('./tiny-worker.ts', import.meta.url));
/** Limits, not waits: on a busy machine a process may take half a minute to start. */
const WORKER_LIMIT_MS = 120_000;
const JOB_LIMIT_MS = 180_000;

/** Config of the tiny method, as far as fault tests use it. */
export interface TinyJob {
  steps: number;
  /** steps between checkpoints */
  every: number;
  /** step before which `fault` happens; never, if it is not a step */
  at: number;
  fault: string;
  paceMs: number;
}

/** What a job left behind that must not depend on what happened on its way. */
export interface TinyResult {
  steps: number[];
  values: (number | string | null)[];
  weights: string;
}

/** An API, and workers in processes of their own that tests may stop, kill and cut off. */
export interface FaultCluster {
  readonly api: RunningApi;
  readonly leaseMs: number;
  /** Starts a worker with one slot, and waits until it is ready. */
  worker(name: string, env?: Record<string, string>, program?: WorkerProgram): Promise<WorkerProcess>;
  submit(config: Partial<TinyJob>, over?: Partial<NewJob>): Promise<string>;
  attempts(jobId: string): Promise<AttemptView[]>;
  /** The attempt of that number once it runs, on the worker of that name if one is given. */
  running(jobId: string, number: number, worker?: string): Promise<AttemptView>;
  /** Waits until the database knows of step `step` of the running attempt. */
  reached(jobId: string, step: number): Promise<void>;
  /** The job once it has succeeded. @throws Error with the logs of all workers when it does not */
  succeeded(jobId: string): Promise<JobView>;
  result(jobId: string): Promise<TinyResult>;
  /** What a job of so many steps leaves behind when nobody disturbs it. */
  quietRun(steps: number): Promise<TinyResult>;
  /** Ends of the job that its history tells of: one, or something ran twice. */
  numEnds(jobId: string): Promise<number>;
  close(): Promise<void>;
}

/** Starts a cluster without workers. To be called at the top of a test file, and closed in a suite's `after`. */
export async function runFaultCluster(options: RunningApiOptions & { leaseSeconds: number }): Promise<FaultCluster> {
  const api = await runApi(options);
  const folder = await mkdtemp(join(tmpdir(), 'faults-'));
  const workers = new Map<string, WorkerProcess>();
  const logs = (): string => [...workers].map(([name, worker]) => `--- ${name}\n${worker.log()}`).join('\n');
  /** Looks for as long as it takes; a database that is away, or a machine that is too busy, is no answer. */
  const found = <T>(what: string, look: () => Promise<T | null | undefined | false>, limitMs: number): Promise<T> =>
    eventually(
      what,
      () =>
        look().catch((error) => {
          if (error instanceof CrucibleError && error.code === 'unavailable') return null;
          throw error;
        }),
      limitMs,
    ).catch((error) => {
      throw new Error(`${(error as Error).message}\n${logs()}`, { cause: error });
    });

  const cluster: FaultCluster = {
    api,
    leaseMs: 1000 * options.leaseSeconds,
    async worker(name, env = {}, program = {}) {
      const before = new Set(
        (await found('the workers', () => api.store.workers.list(null), JOB_LIMIT_MS)).map(({ id }) => id),
      );
      const started = startWorkerProcess(
        {
          DATABASE_URL: api.databaseUrl,
          REDIS_URL: options.redisUrl ?? testRedisUrl(),
          CRUCIBLE_DATA_DIR: folder,
          CRUCIBLE_STATE_DIR: join(folder, name),
          CRUCIBLE_WORKER_NAME: `${name}-${api.pool}`,
          CRUCIBLE_POOL: api.pool,
          CRUCIBLE_LEASE_SECONDS: String(options.leaseSeconds),
          ...env,
        },
        { main: TINY_WORKER, ...program },
      );
      workers.set(name, started);
      await found(
        `worker ${name}`,
        async () =>
          (await api.store.workers.list(null)).some(
            (view) => view.name === `${name}-${api.pool}` && view.state === 'ready' && !before.has(view.id),
          ),
        WORKER_LIMIT_MS,
      );
      return started;
    },
    async submit(config, over = {}) {
      const tiny: TinyJob = { steps: 60, every: 10, at: -1, fault: 'none', paceMs: 0, ...config };
      const { value } = await api.store.jobs.submit(
        newJob({ method: 'tiny', config: { ...tiny }, resources: { pool: api.pool, slots: 1 }, ...over }),
      );
      return value.id;
    },
    attempts: (jobId) => api.store.attempts.list(jobId),
    running: (jobId, number, worker) =>
      found(
        `attempt ${number}`,
        async () =>
          (await api.store.attempts.list(jobId)).find(
            (attempt) =>
              attempt.number === number &&
              attempt.state === 'running' &&
              (worker === undefined || attempt.worker === `${worker}-${api.pool}`),
          ),
        JOB_LIMIT_MS,
      ),
    async reached(jobId, step) {
      await found(
        `step ${step}`,
        async () => {
          const { rows } = await api.sql.query('select max(last_step) as step from attempt where job_id = $1', [jobId]);
          return Number(rows[0]?.step ?? 0) >= step;
        },
        JOB_LIMIT_MS,
      );
    },
    succeeded: (jobId) =>
      found(
        'the end of the job',
        async () => {
          const job = await api.store.jobs.get(jobId);
          if (job.state === 'failed') throw new Error(`the job failed: ${job.endCode}, ${job.detail}`);
          return job.state === 'succeeded' ? job : null;
        },
        JOB_LIMIT_MS,
      ),
    async result(jobId) {
      const { steps, values } = await api.store.metrics.points(jobId, { key: 'train/loss', maxPoints: 5000 });
      const hash = createHash('sha256');
      for await (const chunk of (await api.store.artifacts.open(jobId, 'weights.bin')).chunks) hash.update(chunk);
      return { steps: [...steps], values: [...values], weights: hash.digest('hex') };
    },
    async quietRun(steps) {
      const jobId = await cluster.submit({ steps });
      await cluster.succeeded(jobId);
      return cluster.result(jobId);
    },
    async numEnds(jobId) {
      const { rows } = await api.sql.query(
        `select count(*) as num from event where job_id = $1 and state in ('succeeded', 'failed', 'canceled')`,
        [jobId],
      );
      return Number(rows[0]?.num);
    },
    async close() {
      for (const worker of workers.values()) {
        worker.signal('SIGCONT'); // a stopped process takes no other signal
        worker.signal('SIGKILL');
        await worker.ended;
      }
      await api.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return cluster;
}
