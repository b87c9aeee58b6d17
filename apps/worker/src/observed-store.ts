import { CrucibleError } from '@crucible/contracts';
import type { Store } from '@crucible/store';
import type { Metrics } from '@crucible/telemetry';
import type { AttemptTraces } from './attempt-traces.ts';

type AsyncMethod = (...args: never[]) => Promise<unknown>;

/** The parts of the store through which a worker writes. */
export type WorkerStore = Pick<Store, 'attempts' | 'metrics' | 'logs' | 'checkpoints' | 'artifacts'>;

/** `part` with the same methods, each of which reports what it throws. */
function reporting<P extends object>(part: P, onError: (error: unknown) => void): P {
  const wrap =
    (method: AsyncMethod): AsyncMethod =>
    async (...args) => {
      try {
        return await method(...args);
      } catch (error) {
        onError(error);
        throw error;
      }
    };
  return Object.fromEntries(
    Object.entries(part as Record<string, unknown>).map(([name, value]) => [
      name,
      typeof value === 'function' ? wrap(value as AsyncMethod) : value,
    ]),
  ) as P;
}

/**
 * The store with the same methods, which count and time what the worker writes and trace the steps of its attempts.
 * Everything that a worker's metrics and traces say of its writes is taken here, so that recording itself knows of
 * neither.
 */
export function observedStore<S extends WorkerStore>(store: S, metrics: Metrics, traces: AttemptTraces): S {
  const fenced = metrics.counter('crucible_fenced_writes_total');
  const countFenced = (error: unknown) => {
    if (error instanceof CrucibleError && error.code === 'stale-fence') fenced.inc();
  };
  const attempts = reporting(store.attempts, countFenced);
  const points = reporting(store.metrics, countFenced);
  const checkpoints = reporting(store.checkpoints, countFenced);
  const begun = new Map<string, { at: number; end: (error?: unknown) => void }>();
  const checkpointSeconds = metrics.histogram('crucible_checkpoint_seconds');

  return {
    ...store,
    logs: reporting(store.logs, countFenced),
    artifacts: reporting(store.artifacts, countFenced),
    attempts: {
      ...attempts,
      async claim(claim) {
        const span = traces.claim(claim.attemptId);
        const claimed = await attempts.claim(claim).catch((error) => {
          span.end({ error });
          throw error;
        });
        span.end({ attributes: { 'crucible.claimed': claimed !== null } });
        if (claimed === null) metrics.counter('crucible_duplicate_deliveries_total').inc();
        else {
          metrics.histogram('crucible_queue_wait_seconds').observe({ tier: claimed.tier }, claimed.waitedSeconds);
          metrics.histogram('crucible_dispatch_latency_seconds').observe(claimed.dispatchSeconds);
          traces.begin(claimed, span.traceparent);
        }
        return claimed;
      },
      finish: (finish) =>
        traces.step('finish', finish.attemptId, { 'crucible.outcome': finish.outcome }, () => attempts.finish(finish)),
      release: (attempt) =>
        traces.step('finish', attempt.attemptId, { 'crucible.outcome': 'released' }, () => attempts.release(attempt)),
    },
    metrics: {
      ...points,
      async appendBatch(batch) {
        const stop = metrics.histogram('crucible_ingest_batch_seconds').startTimer();
        const receipt = await points.appendBatch(batch);
        stop();
        if (!receipt.isDuplicate) metrics.counter('crucible_metric_points_total').inc(batch.points.length);
        return receipt;
      },
    },
    checkpoints: {
      ...checkpoints,
      async begin(upload) {
        const at = performance.now();
        const span = traces.start('checkpoint', upload.attemptId, { 'crucible.step': upload.manifest.step });
        const answer = await checkpoints.begin(upload).catch((error) => {
          span.end({ error });
          throw error;
        });
        begun.get(answer.checkpointId)?.end('begun again');
        begun.set(answer.checkpointId, { at, end: (error) => span.end(error === undefined ? {} : { error }) });
        return answer;
      },
      async readChunk(sha256) {
        const stop = checkpointSeconds.startTimer({ phase: 'read' });
        const chunk = await checkpoints.readChunk(sha256);
        stop();
        return chunk;
      },
      async commit(upload) {
        const at = performance.now();
        const upTo = begun.get(upload.checkpointId);
        try {
          const answer = await checkpoints.commit(upload);
          checkpointSeconds.observe({ phase: 'commit' }, (performance.now() - at) / 1000);
          if (upTo !== undefined) checkpointSeconds.observe({ phase: 'store' }, (performance.now() - upTo.at) / 1000);
          upTo?.end();
          return answer;
        } catch (error) {
          upTo?.end(error);
          throw error;
        } finally {
          begun.delete(upload.checkpointId);
        }
      },
    },
  };
}
