import type { HeldSlots, QueuedJob, Snapshot } from './snapshot.ts';

type Medians = Snapshot['medianRunSeconds'];

/** Milliseconds that a job is expected to run: the median of its method, at most its limit; Infinity: unknown. */
export function expectedRunMs(
  { method, maxRunSeconds }: Pick<QueuedJob, 'method' | 'maxRunSeconds'>,
  medians: Medians,
) {
  const limit = maxRunSeconds ?? Number.POSITIVE_INFINITY;
  return 1000 * Math.min(limit, medians[method] ?? Number.POSITIVE_INFINITY);
}

/**
 * When a live attempt is expected to end, milliseconds since 1970; Infinity: unknown. One that has outlived its
 * median is expected to last twice as long, and so on, so that the answer changes rarely.
 */
export function expectedEnd(held: HeldSlots, now: number, medians: Medians): number {
  const limit = held.startedAt + 1000 * (held.maxRunSeconds ?? Number.POSITIVE_INFINITY);
  let run = 1000 * (medians[held.method] ?? Number.POSITIVE_INFINITY);
  if (run <= 0) run = 1000;
  while (held.startedAt + run <= now) run *= 2;
  return Math.max(now, Math.min(limit, held.startedAt + run));
}
