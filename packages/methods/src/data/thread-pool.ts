import type { BatchSource } from './batch-source.ts';
import type { BatchAnswer, BatchRequest } from './loader-message.ts';
import { startThread } from './start-thread.ts';

/** Threads that write batches. */
export interface ThreadPool {
  /** Resolves once `out` is written. @throws Error with the thread's own error as cause */
  write(request: Omit<BatchRequest, 'id'>): Promise<void>;
  /** Ends every thread, also in the middle of a batch; what was asked for and not answered is rejected. */
  close(): Promise<void>;
}

interface Waiting {
  resolve(): void;
  reject(error: Error): void;
}

/** Starts `count` threads over a source whose images are in shared memory. */
export function startThreads(source: BatchSource, count: number): ThreadPool {
  const waiting = new Map<number, Waiting>();
  let nextId = 0;
  let failure: Error | null = null;
  const failAll = (error: Error): void => {
    failure ??= error;
    for (const { reject } of waiting.values()) reject(failure);
    waiting.clear();
  };
  const threads = Array.from({ length: count }, () => {
    const thread = startThread('loader-thread', source);
    thread.on('message', ({ id, error }: BatchAnswer) => {
      const asked = waiting.get(id);
      waiting.delete(id);
      if (error === null) asked?.resolve();
      else asked?.reject(new Error(`a batch could not be made: ${error.message}`, { cause: error }));
    });
    thread.on('error', (cause) => failAll(new Error('a loader thread failed', { cause })));
    thread.on('exit', (code) => failAll(new Error(`a loader thread ended with code ${code}`)));
    return thread;
  });
  return {
    write: (request) =>
      new Promise((resolve, reject) => {
        if (failure !== null) return reject(failure);
        const id = nextId++;
        waiting.set(id, { resolve, reject });
        threads[id % count]?.postMessage({ ...request, id } satisfies BatchRequest);
      }),
    close: async () => {
      failAll(new Error('the loader is closed'));
      await Promise.all(threads.map((thread) => thread.terminate()));
    },
  };
}
