import type { Waiting } from '@crucible/contracts';
import type { WaitingJob } from '@crucible/scheduler';

const EXACT_POSITIONS = 20;
const MINUTE_MS = 60_000;

/** 1, 2 or 5 times a power of ten, at most `value`. */
function roundDown(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const lead = value / power;
  return (lead >= 5 ? 5 : lead >= 2 ? 2 : 1) * power;
}

/** Minutes that an estimate is rounded to: the farther away, the coarser. */
const stepMinutes = (minutesAway: number): number => (minutesAway < 60 ? 5 : minutesAway < 1440 ? 60 : 720);

/**
 * A reason as it is stored with its job. Each dispatch moves every job behind it; if exact positions were stored, each
 * would rewrite the whole queue. So positions beyond the first twenty are rounded down to 1, 2 or 5 times a power of
 * ten, and estimates up to a coarse step: of 10,000 jobs a few dozen change per dispatch. The queue view has both
 * exactly, it plans anew.
 */
export function coarseReason({ code, message, position, estimatedStart, blocking }: WaitingJob, now: number): Waiting {
  let start: string | null = null;
  if (estimatedStart !== null) {
    const isTime = code === 'backoff' || code === 'not-before';
    const step = stepMinutes((estimatedStart - now) / MINUTE_MS) * MINUTE_MS;
    start = new Date(isTime ? estimatedStart : Math.ceil(estimatedStart / step) * step).toISOString();
  }
  const rounded = position <= EXACT_POSITIONS ? position : roundDown(position);
  return { code, message, position: rounded, estimatedStart: start, blocking };
}
