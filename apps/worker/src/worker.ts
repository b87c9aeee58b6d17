import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { DispatchMessage, EngineInfo, EngineRequest, Slot } from '@crucible/contracts';
import { CHANNELS, type ClaimedJob, type Listener, type Store } from '@crucible/store';
import { quietTelemetry, type Telemetry } from '@crucible/telemetry';
import type { Logger } from 'pino';
import { type AttemptRun, type AttemptRunParts, startAttempt } from './attempt-run.ts';
import { createAttemptTraces } from './attempt-traces.ts';
import type { WorkerConfig } from './config.ts';
import { type Consumer, startConsumer } from './consumer.ts';
import { watchEventLoopLag } from './event-loop-lag.ts';
import { startHeartbeats } from './heartbeat.ts';
import { watchIdleSlots } from './idle-slots.ts';
import { observedStore } from './observed-store.ts';
import { retrying } from './retrying.ts';
import { createSlotPool } from './slot-pool.ts';
import { createSpoolBudget } from './spool-budget.ts';
import type { StateFolder } from './state-folder.ts';

/** The whole process must end soon after the grace: see shutdown.ts. */
const SHUTDOWN_TERM_MS = 1000;

export interface WorkerParts {
  config: Pick<
    WorkerConfig,
    'redisUrl' | 'workerName' | 'pool' | 'dataDir' | 'graceMs' | 'leaseMs' | 'spoolLimitBytes' | 'childEnv'
  >;
  version: string;
  store: Store;
  state: StateFolder;
  engine: EngineInfo;
  /** what was asked of the probe; children are asked for the engine that it found */
  request: EngineRequest;
  slots: readonly Slot[];
  childModule: URL;
  log: Logger;
  /** @defaultValue nothing is traced, and the metrics are read by nobody */
  telemetry?: Telemetry;
}

/** A registered worker that takes attempts. */
export interface RunningWorker {
  readonly id: string;
  /** Resolves when another process has registered under the same name: this one gets no attempt any more. */
  readonly replaced: Promise<void>;
  /** Takes no more attempts, gives the running ones back after a last checkpoint, and deregisters. */
  drain(): Promise<void>;
}

/** Registers a worker and starts to take attempts. Waits for the database as long as `signal` allows. */
export async function startWorker(parts: WorkerParts, signal: AbortSignal): Promise<RunningWorker> {
  const { config, version, state, engine, request, slots, childModule, log } = parts;
  const { metrics, tracing } = parts.telemetry ?? quietTelemetry('worker');
  const traces = createAttemptTraces(tracing, config.workerName);
  const store = observedStore(parts.store, metrics, traces);
  const onWait = (error: unknown, waitMs: number) => log.warn({ err: error, waitMs }, 'waiting for the database');
  const { workerId, leftovers } = await retrying(
    () =>
      store.workers.register({
        name: config.workerName,
        host: hostname(),
        pool: config.pool,
        version,
        engine,
        slots,
        bootId: randomUUID(),
      }),
    { signal, onWait },
  );
  log.info({ workerId, pool: config.pool, engine: engine.name, slots: slots.length }, 'registered');
  for (const { attemptId, jobId } of leftovers)
    log.warn({ job: jobId, attempt: attemptId }, 'an attempt of an earlier start was lost; its job queues again');

  const runs = new Map<string, AttemptRun>();
  const pool = createSlotPool(slots);
  const idle = watchIdleSlots(slots.length);
  const lag = watchEventLoopLag();
  const budget = createSpoolBudget(config.spoolLimitBytes);
  const attemptParts: AttemptRunParts = {
    store,
    state,
    log,
    childModule,
    childEnv: config.childEnv,
    engine: { ...request, name: engine.name, threads: engine.threads },
    dataDir: config.dataDir,
    leaseMs: config.leaseMs,
    budget,
  };
  /** When each claim was sent. */
  const claimedAtMs = new WeakMap<ClaimedJob, number>();
  const start = (claimed: ClaimedJob, held: readonly Slot[]): void => {
    const run = startAttempt(claimed, held, attemptParts, claimedAtMs.get(claimed));
    runs.set(run.attemptId, run);
    idle.setBusy(pool.busy);
    void run.ended.then(() => {
      runs.delete(run.attemptId);
      traces.end(run.attemptId);
      pool.release(held);
      idle.setBusy(pool.busy);
    });
  };
  const heartbeats = startHeartbeats({
    attempts: store.attempts,
    workerId,
    runs: () => runs.values(),
    takeLagMs: lag.takeMs,
    spoolBytes: () => Math.max(0, Math.round(budget.bytes)),
    leaseMs: config.leaseMs,
    log,
  });
  // A cancel reaches its child at once this way; a lost notification costs no more than one heartbeat.
  const listening = new AbortController();
  const listener = retrying(
    () =>
      store.listen(CHANNELS.cancels, (attemptId) => {
        if (attemptId === '' || runs.has(attemptId)) heartbeats.now();
      }),
    { signal: listening.signal, onWait },
  );
  listener.catch((error) => {
    if (!listening.signal.aborted) log.warn({ err: error }, 'cannot listen for cancels; heartbeats bring them');
  });
  let reportReplaced = () => {};
  const replaced = new Promise<void>((resolve) => {
    reportReplaced = resolve;
  });
  /** Takes an attempt. A worker that was replaced must leave the message to its successor. */
  const claim = async (
    { attemptId, fence, trace }: DispatchMessage,
    held: readonly Slot[],
  ): Promise<ClaimedJob | null> => {
    traces.expect(attemptId, trace);
    const indices = held.map(({ index }) => index);
    const sentAt = performance.now();
    const claimed = await store.attempts.claim({ attemptId, fence, workerId, slots: indices });
    if (claimed !== null) claimedAtMs.set(claimed, sentAt);
    if (claimed !== null || (await store.workers.list(null)).some(({ id }) => id === workerId)) return claimed;
    reportReplaced();
    throw new Error(`another worker has taken the name ${config.workerName} over`);
  };
  const consumer: Consumer = startConsumer({
    redisUrl: config.redisUrl,
    workerName: config.workerName,
    slots: pool,
    claim,
    start,
    lockMs: config.leaseMs,
    log,
  });

  metrics.beforeScrape(() => {
    const lags = [...runs.values()].map((run) => run.ingestLagMs());
    metrics.gauge('crucible_ingest_lag_seconds').set(Math.max(0, ...lags) / 1000);
    metrics.gauge('crucible_spool_bytes').set(Math.max(0, budget.bytes));
    metrics.counter('crucible_gpu_seconds_total').inc({ team: '', class: 'idle' }, idle.takeSeconds());
  });

  return {
    id: workerId,
    replaced,
    async drain() {
      log.info({ attempts: runs.size }, 'draining');
      const attempt = async (what: string, action: () => Promise<unknown>) =>
        action().catch((error) => log.warn({ err: error }, `${what} failed`));
      const draining = attempt('telling the store', () => store.workers.leave(workerId));
      const giveBack = () => {
        for (const run of runs.values()) run.stop('release', { messageMs: config.graceMs, termMs: SHUTDOWN_TERM_MS });
      };
      giveBack();
      await Promise.all([draining, attempt('leaving the queue', () => consumer.stop())]);
      giveBack(); // also those that were claimed while the queue was left
      await Promise.all([...runs.values()].map(({ ended }) => ended));
      await attempt('stopping the heartbeats', () => heartbeats.close());
      listening.abort(new Error('the worker has drained'));
      await attempt('closing the listener', async () => (await listener.catch((): Listener | null => null))?.close());
      lag.close();
      await attempt('deregistering', () => store.workers.deregister(workerId));
    },
  };
}
