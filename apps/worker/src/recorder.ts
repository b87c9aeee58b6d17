import { statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type CheckpointManifest, MAX_POINTS_PER_BATCH, type MetricPoint } from '@crucible/contracts';
import type { AttemptFence, LogInput, Store, StreamEnds } from '@crucible/store';
import { createBatchStream } from './batch-stream.ts';
import { type SpooledCheckpoint, uploadCheckpoint } from './checkpoint-upload.ts';
import { piecesOf } from './chunks.ts';
import { createNewestFirst } from './newest-first.ts';
import { createSpillQueue } from './spill-queue.ts';
import type { SpoolBudget } from './spool-budget.ts';

const BATCH_POINTS = 1000;
const BATCH_LINES = 200;
const BATCH_AGE_MS = 1000;

/** Tries a write of this attempt again while the database is away. */
export type Retry = <T>(action: () => Promise<T>) => Promise<T>;

/** Brings all that a child reports into the store, in order, whatever happens to the connection. */
export interface Recorder {
  metrics(points: readonly MetricPoint[]): void;
  log(line: LogInput): void;
  /** A checkpoint in the spool. When uploads fall behind, only the newest of those that wait is kept. */
  checkpoint(manifest: CheckpointManifest, dir: string): void;
  /** A file in the spool. */
  artifact(name: string, mediaType: string, path: string): void;
  /** Age of the oldest point that waits to be stored, in milliseconds; 0 when none does. */
  ingestLagMs(): number;
  /** Resolves when everything so far is stored. @throws what made recording fail */
  flushed(): Promise<StreamEnds>;
  /** Gives up what still waits. */
  close(): void;
}

export interface RecorderParts {
  store: Pick<Store, 'metrics' | 'logs' | 'checkpoints' | 'artifacts'>;
  fence: AttemptFence;
  /** tries a write for as long as the attempt may write */
  retry: Retry;
  /** folder of the attempt, for what waits */
  spoolDir: string;
  budget: SpoolBudget;
  /** Something cannot be stored: the attempt cannot go on. May be called more than once. */
  onFault: (error: unknown) => void;
}

const bytesOf = ({ tensors }: CheckpointManifest): number => tensors.reduce((sum, { bytes }) => sum + bytes, 0);

export function createRecorder({ store, fence, retry, spoolDir, budget, onFault }: RecorderParts): Recorder {
  const keys = new Map<string, string>();
  const waitingPoints = createSpillQueue<MetricPoint>({ path: join(spoolDir, 'metrics'), budget });
  const metrics = createBatchStream<MetricPoint>({
    maxItems: Math.min(BATCH_POINTS, MAX_POINTS_PER_BATCH),
    maxAgeMs: BATCH_AGE_MS,
    waiting: waitingPoints,
    send: (sequence, points) => retry(() => store.metrics.appendBatch({ ...fence, sequence, points })),
    onFault,
  });
  const logs = createBatchStream<LogInput>({
    maxItems: BATCH_LINES,
    maxAgeMs: BATCH_AGE_MS,
    waiting: createSpillQueue({ path: join(spoolDir, 'logs'), budget }),
    send: (sequence, lines) => retry(() => store.logs.appendBatch({ ...fence, sequence, lines })),
    onFault,
  });
  const discard = async ({ dir, manifest }: SpooledCheckpoint) => {
    await rm(dir, { recursive: true, force: true });
    budget.add(-bytesOf(manifest));
  };
  const checkpoints = createNewestFirst<SpooledCheckpoint>(
    async (checkpoint) => {
      await uploadCheckpoint(checkpoint, { checkpoints: store.checkpoints, fence, retry });
      await discard(checkpoint);
    },
    discard,
    onFault,
  );
  let artifacts = Promise.resolve();
  const storeArtifact = async (name: string, mediaType: string, path: string, bytes: number) => {
    await retry(() => store.artifacts.store({ ...fence, name, mediaType, content: piecesOf(path) }));
    await rm(path, { force: true });
    budget.add(-bytes);
  };

  return {
    metrics(points) {
      // Each message brings its own copy of every key; the waiting points share one.
      metrics.push(
        points.map((point) => {
          const key = keys.get(point.key) ?? point.key;
          keys.set(key, key);
          return { ...point, key };
        }),
      );
    },
    log: (line) => logs.push([line]),
    checkpoint(manifest, dir) {
      const after = Promise.all([metrics.stored(), artifacts]);
      after.catch(() => {}); // reported where it broke; a checkpoint that is discarded never looks
      budget.add(bytesOf(manifest));
      checkpoints.offer({ manifest, dir, after });
    },
    artifact(name, mediaType, path) {
      const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
      budget.add(bytes);
      artifacts = artifacts.then(() => storeArtifact(name, mediaType, path, bytes));
      artifacts.catch(onFault);
    },
    ingestLagMs() {
      const [oldest] = waitingPoints.length === 0 ? [] : waitingPoints.peek(1);
      return oldest === undefined ? 0 : Math.max(0, Date.now() - oldest.timeMs);
    },
    async flushed() {
      await Promise.all([metrics.stored(), logs.stored(), artifacts, checkpoints.idle()]);
      return { metrics: metrics.lastSequence, logs: logs.lastSequence };
    },
    close() {
      metrics.close();
      logs.close();
    },
  };
}
