import type { Slot } from '@crucible/contracts';

/** The slots of this worker, each free or held by one attempt. */
export interface SlotPool {
  readonly busy: number;
  /** The lowest free slot, waiting for one; null once the pool is closed. */
  reserve(): Promise<Slot | null>;
  release(slot: Slot): void;
  /** Answers null to everyone who waits or will ask. */
  close(): void;
}

export function createSlotPool(slots: readonly Slot[]): SlotPool {
  const free = new Set(slots);
  const waiting: ((slot: Slot | null) => void)[] = [];
  let isClosed = false;
  return {
    get busy() {
      return slots.length - free.size;
    },
    reserve() {
      if (isClosed) return Promise.resolve(null);
      const slot = slots.find((candidate) => free.has(candidate));
      if (slot === undefined) return new Promise((resolve) => waiting.push(resolve));
      free.delete(slot);
      return Promise.resolve(slot);
    },
    release(slot) {
      const next = waiting.shift();
      if (next === undefined) free.add(slot);
      else next(slot);
    },
    close() {
      isClosed = true;
      for (const resolve of waiting.splice(0)) resolve(null);
    },
  };
}
