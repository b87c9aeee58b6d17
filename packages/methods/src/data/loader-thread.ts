/** @file Program of a loader's thread: writes the batches that it is asked for into shared memory, one after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import { type BatchSource, batchWriter } from './batch-source.ts';
import type { BatchAnswer, BatchRequest } from './loader-message.ts';

const write = batchWriter(workerData as BatchSource);

parentPort?.on('message', ({ id, epoch, samples, out }: BatchRequest) => {
  let error: Error | null = null;
  try {
    write(out, epoch, samples);
  } catch (cause) {
    error = cause instanceof Error ? cause : new Error(String(cause));
  }
  parentPort?.postMessage({ id, error } satisfies BatchAnswer);
});
