import type { Slot } from '@crucible/contracts';

/** The slots of this worker, each free or held by one attempt. */
export interface SlotPool {
  readonly busy: number;
  /**
   * So many free slots, the lowest ones, waiting for them; null once the pool is closed. Who asked first gets first,
   * so that an attempt of several slots is not passed over for ever.
   *
   * @throws RangeError when the worker has not so many
   */
  reserve(count: number): Promise<readonly Slot[] | null>;
  release(slots: readonly Slot[]): void;
  /** Answers null to everyone who waits or will ask. */
  close(): void;
}

interface Request {
  count: number;
  resolve: (slots: readonly Slot[] | null) => void;
}

export function createSlotPool(slots: readonly Slot[]): SlotPool {
  const free = new Set(slots);
  const waiting: Request[] = [];
  let isClosed = false;

  const serve = (): void => {
    for (let next = waiting[0]; next !== undefined && next.count <= free.size; next = waiting[0]) {
      waiting.shift();
      const taken = slots.filter((slot) => free.has(slot)).slice(0, next.count);
      for (const slot of taken) free.delete(slot);
      next.resolve(taken);
    }
  };

  return {
    get busy() {
      return slots.length - free.size;
    },
    async reserve(count) {
      if (count > slots.length) throw new RangeError(`${count} slots are asked for; the worker has ${slots.length}`);
      if (isClosed) return null;
      return new Promise((resolve) => {
        waiting.push({ count, resolve });
        serve();
      });
    },
    release(taken) {
      for (const slot of taken) free.add(slot);
      serve();
    },
    close() {
      isClosed = true;
      for (const { resolve } of waiting.splice(0)) resolve(null);
    },
  };
}
