import { rm } from 'node:fs/promises';
import { type CheckpointManifest, MAX_POINTS_PER_BATCH, type MetricPoint } from '@crucible/contracts';
import type { AttemptFence, LogInput, Store, StreamEnds } from '@crucible/store';
import { createBatchStream } from './batch-stream.ts';
import { uploadCheckpoint } from './checkpoint-upload.ts';
import { piecesOf } from './chunks.ts';
import { createNewestFirst } from './newest-first.ts';
import { retrying } from './retrying.ts';

const BATCH_POINTS = 1000;
const BATCH_LINES = 200;
const BATCH_AGE_MS = 1000;
/** About 50 MiB of points; a quarter of an hour of outage at 500 points a second. */
const MAX_WAITING_POINTS = 500_000;
const MAX_WAITING_LINES = 50_000;

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
  /** Resolves when everything so far is stored. @throws what made recording fail */
  flushed(): Promise<StreamEnds>;
}

export interface RecorderParts {
  store: Pick<Store, 'metrics' | 'logs' | 'checkpoints' | 'artifacts'>;
  fence: AttemptFence;
  /** gives every write up */
  signal: AbortSignal;
  /** told when the store does not answer */
  onWait: (error: unknown, waitMs: number) => void;
  /** Something cannot be stored: the attempt cannot go on. May be called more than once. */
  onFault: (error: unknown) => void;
}

export function createRecorder({ store, fence, signal, onWait, onFault }: RecorderParts): Recorder {
  const retry: Retry = (action) => retrying(action, { signal, onWait });
  const keys = new Map<string, string>();
  const metrics = createBatchStream<MetricPoint>({
    maxItems: Math.min(BATCH_POINTS, MAX_POINTS_PER_BATCH),
    maxAgeMs: BATCH_AGE_MS,
    maxWaiting: MAX_WAITING_POINTS,
    send: (sequence, points) => retry(() => store.metrics.appendBatch({ ...fence, sequence, points })),
    onFault,
  });
  const logs = createBatchStream<LogInput>({
    maxItems: BATCH_LINES,
    maxAgeMs: BATCH_AGE_MS,
    maxWaiting: MAX_WAITING_LINES,
    send: (sequence, lines) => retry(() => store.logs.appendBatch({ ...fence, sequence, lines })),
    onFault,
  });
  const discard = ({ dir }: { dir: string }) => rm(dir, { recursive: true, force: true });
  const checkpoints = createNewestFirst(
    (checkpoint: Parameters<typeof uploadCheckpoint>[0]) =>
      uploadCheckpoint(checkpoint, { checkpoints: store.checkpoints, fence, retry }),
    discard,
    onFault,
  );
  let artifacts = Promise.resolve();
  const storeArtifact = async (name: string, mediaType: string, path: string) => {
    await retry(() => store.artifacts.store({ ...fence, name, mediaType, content: piecesOf(path) }));
    await rm(path, { force: true });
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
      checkpoints.offer({ manifest, dir, after });
    },
    artifact(name, mediaType, path) {
      artifacts = artifacts.then(() => storeArtifact(name, mediaType, path));
      artifacts.catch(onFault);
    },
    async flushed() {
      await Promise.all([metrics.stored(), logs.stored(), artifacts, checkpoints.idle()]);
      return { metrics: metrics.lastSequence, logs: logs.lastSequence };
    },
  };
}
