import type { BatchWriter } from './batch-source.ts';
import type { ThreadPool } from './thread-pool.ts';

/** Which samples a step shows. */
export type RequestOf = (step: number) => { epoch: number; samples: Int32Array };

/** Where the floats of a step come from. */
export interface BatchMaker {
  /** Resolves once the floats are written; `release` lets their memory be used again. */
  make(step: number): Promise<{ floats: Float32Array; release(): void }>;
  close(): Promise<void>;
}

/** Writes each batch when it is asked for. */
export const makeInProcess = (write: BatchWriter, floats: number, request: RequestOf): BatchMaker => {
  const buffer = new Float32Array(floats);
  return {
    make: async (step) => {
      const { epoch, samples } = request(step);
      write(buffer, epoch, samples);
      return { floats: buffer, release: () => undefined };
    },
    close: async () => undefined,
  };
};

/** Lets threads write the batches of the next steps while the one that was asked for is used. */
export const makeInAdvance = (
  start: () => ThreadPool,
  floats: number,
  request: RequestOf,
  { prefetch, totalSteps }: { prefetch: number; totalSteps: number },
): BatchMaker => {
  let pool: ThreadPool | null = null;
  let closed = false;
  const free: Float32Array[] = [];
  const making = new Map<number, { buffer: Float32Array; done: Promise<void> }>();
  const begin = (threads: ThreadPool, step: number): void => {
    const buffer = free.pop() ?? new Float32Array(new SharedArrayBuffer(4 * floats));
    const done = threads.write({ ...request(step), out: buffer });
    done.catch(() => undefined); // met again when the step is asked for
    making.set(step, { buffer, done });
  };
  return {
    make: async (step) => {
      if (closed) throw new Error('the loader is closed');
      pool ??= start();
      for (const [other, { buffer, done }] of making) {
        if (other >= step && other < step + prefetch) continue;
        making.delete(other); // of another place in the training: written, then used again
        await done.catch(() => undefined);
        free.push(buffer);
      }
      const last = Math.min(Math.max(totalSteps, step + 1), step + prefetch);
      for (let ahead = step; ahead < last; ahead++) if (!making.has(ahead)) begin(pool, ahead);
      const made = making.get(step);
      if (made === undefined) throw new Error(`step ${step} was not begun`);
      await made.done;
      making.delete(step);
      return { floats: made.buffer, release: () => free.push(made.buffer) };
    },
    close: async () => {
      closed = true;
      making.clear();
      await pool?.close();
      pool = null;
    },
  };
};
