import type { SpillQueue } from './spill-queue.ts';

/** One stream of an attempt: what comes in leaves in numbered batches, in order, one at a time. */
export interface BatchStream<T> {
  /** Gives up what still waits. */
  close(): void;
  push(items: readonly T[]): void;
  /** Resolves when everything pushed so far is stored. @throws what made the stream fail */
  stored(): Promise<void>;
  /** Number of the last batch that was sent; 0 for none. */
  readonly lastSequence: number;
}

export interface BatchStreamOptions<T> {
  maxItems: number;
  /** the oldest item waits at most so long for company */
  maxAgeMs: number;
  /** holds the items that wait; what it refuses makes the stream fail */
  waiting: SpillQueue<T>;
  /** stores a batch, trying again as long as that can help */
  send: (sequence: number, items: readonly T[]) => Promise<unknown>;
  /** called once; afterwards everything pushed is dropped */
  onFault: (error: unknown) => void;
}

interface Waiter {
  count: number;
  resolve: () => void;
  reject: (error: unknown) => void;
}

export function createBatchStream<T>(options: BatchStreamOptions<T>): BatchStream<T> {
  const { maxItems, maxAgeMs, waiting, send, onFault } = options;
  let pushed = 0;
  let stored = 0;
  let sequence = 0;
  let isSending = false;
  let fault: { error: unknown } | null = null;
  let timer: NodeJS.Timeout | null = null;
  let waiters: Waiter[] = [];

  const fail = (error: unknown) => {
    if (fault !== null) return;
    fault = { error };
    waiting.close();
    if (timer !== null) clearTimeout(timer);
    for (const { reject } of waiters.splice(0)) reject(error);
    onFault(error);
  };

  const sendAll = async () => {
    if (isSending) return;
    isSending = true;
    if (timer !== null) clearTimeout(timer);
    timer = null;
    try {
      // Someone who waits for all of it gets it now; otherwise a short rest starts its own wait.
      while (fault === null && (waiting.length >= maxItems || waiters.length > 0) && waiting.length > 0) {
        const batch = waiting.peek(maxItems);
        await send(++sequence, batch);
        waiting.drop(batch.length);
        stored += batch.length;
        waiters = waiters.filter(({ count, resolve }) => {
          if (count > stored) return true;
          resolve();
          return false;
        });
      }
    } catch (error) {
      fail(error);
    }
    isSending = false;
    if (fault === null && waiting.length > 0) schedule();
  };

  const flushOld = () => {
    timer = null;
    waiters.push({ count: pushed, resolve: () => {}, reject: () => {} });
    void sendAll();
  };

  const schedule = () => {
    if (waiting.length >= maxItems || waiters.length > 0) void sendAll();
    else timer ??= setTimeout(flushOld, maxAgeMs);
  };

  return {
    close() {
      if (timer !== null) clearTimeout(timer);
      fault ??= { error: new Error('the stream is closed') };
      waiting.close();
    },
    get lastSequence() {
      return sequence;
    },
    push(items) {
      if (fault !== null) return;
      try {
        waiting.push(items);
      } catch (error) {
        return fail(error);
      }
      pushed += items.length;
      if (!isSending && waiting.length > 0) schedule();
    },
    stored() {
      if (fault !== null) return Promise.reject(fault.error);
      if (stored === pushed) return Promise.resolve();
      return new Promise((resolve, reject) => {
        waiters.push({ count: pushed, resolve, reject });
        void sendAll();
      });
    },
  };
}
