import { expectedEnd, expectedRunMs } from './runtime.ts';
import type { HeldSlots, QueuedJob, Snapshot } from './snapshot.ts';

/** Smallest first. */
class Heap {
  readonly #items: number[];

  constructor(items: readonly number[]) {
    this.#items = [...items].sort((a, b) => a - b); // a sorted array is a heap
  }

  get size(): number {
    return this.#items.length;
  }

  pop(): number {
    const items = this.#items;
    const top = items[0] as number;
    const last = items.pop() as number;
    if (items.length === 0) return top;
    let at = 0;
    for (let child = 1; child < items.length; child = 2 * at + 1) {
      if (child + 1 < items.length && (items[child + 1] as number) < (items[child] as number)) child += 1;
      if ((items[child] as number) >= last) break;
      items[at] = items[child] as number;
      at = child;
    }
    items[at] = last;
    return top;
  }

  push(value: number): void {
    const items = this.#items;
    let at = items.push(value) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((items[parent] as number) <= value) break;
      items[at] = items[parent] as number;
      at = parent;
    }
    items[at] = value;
  }
}

/**
 * Foretells when jobs start if they go one after the other: each takes the slots of its pool that are free first and
 * runs as long as its method's median. Which worker a slot is on is left out, so jobs of several slots may take longer.
 *
 * @param jobs of one pool, next one first
 * @param held live attempts of the pool, those of this pass included
 * @param free slots that nobody holds
 * @returns milliseconds since 1970 for each job; null: unknown
 */
export function estimateStarts(
  jobs: readonly QueuedJob[],
  held: readonly HeldSlots[],
  free: number,
  now: number,
  medians: Snapshot['medianRunSeconds'],
): (number | null)[] {
  const slots = new Heap([
    ...new Array<number>(free).fill(now),
    ...held.flatMap((each) => new Array<number>(each.slots).fill(expectedEnd(each, now, medians))),
  ]);
  return jobs.map((job) => {
    if (job.slots > slots.size) return null;
    let start = now;
    for (let i = 0; i < job.slots; i++) start = slots.pop();
    const end = start + expectedRunMs(job, medians);
    for (let i = 0; i < job.slots; i++) slots.push(end);
    return Number.isFinite(start) ? Math.round(start) : null;
  });
}
