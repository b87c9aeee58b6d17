import type { PoolSlots, WorkerState } from './placement.ts';
import { expectedEnd } from './runtime.ts';
import type { HeldSlots, QueuedJob, Reservation, Snapshot } from './snapshot.ts';

/** When a worker is expected to have so many free slots, and how many it has then. */
function whenFree(
  state: WorkerState,
  slots: number,
  held: readonly HeldSlots[],
  now: number,
  medians: Snapshot['medianRunSeconds'],
): { at: number; freeThen: number } {
  const ends = held
    .filter(({ workerId }) => workerId === state.worker.id)
    .map((each) => ({ slots: each.slots, at: expectedEnd(each, now, medians) }))
    .sort((a, b) => a.at - b.at);
  let freeThen = state.free;
  for (const { at, slots: freed } of ends) {
    freeThen += freed;
    if (freeThen - state.kept >= slots) return { at, freeThen };
  }
  return { at: Number.POSITIVE_INFINITY, freeThen: slots }; // none to spare for others
}

/**
 * Keeps slots for a job of several slots that is first in line, on the worker that is expected to have them soonest;
 * where nothing is known, on the one that lacks fewest.
 *
 * @param held the live attempts of the pool, those of this pass included
 */
export function reserve(
  job: QueuedJob,
  pool: PoolSlots,
  held: readonly HeldSlots[],
  now: number,
  medians: Snapshot['medianRunSeconds'],
): Reservation | null {
  let best: { state: WorkerState; at: number; freeThen: number } | null = null;
  for (const state of pool.candidates(job)) {
    const { at, freeThen } = whenFree(state, job.slots, held, now, medians);
    if (best === null || at < best.at || (at === best.at && state.free > best.state.free))
      best = { state, at, freeThen };
  }
  return best === null ? null : pool.keep(best.state, job, best.at, best.freeThen);
}
