import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';
import { coalesced } from '../coalesced.ts';

/** Work of the leader that is done when triggered and at least once per interval, never twice at once. */
export interface Pulse {
  trigger(): void;
  /** Ends it; resolves when the last run is over. */
  stop(): Promise<void>;
}

/**
 * Starts a pulse. Work that throws is tried again at the next beat: Postgres or Redis may be away for a while.
 * The log gets the first failure of a series and its end, not one line each second.
 *
 * @param restShare how long it rests after a run, in times of the run: triggers that follow one another do not take
 *   more than 1 / (1 + restShare) of the time @defaultValue 0
 */
export function startPulse(
  name: string,
  intervalMs: number,
  work: () => Promise<void>,
  log: Pick<FastifyBaseLogger, 'error' | 'info'>,
  restShare = 0,
): Pulse {
  let isFailing = false;
  const stopping = new AbortController();
  const { trigger, settled } = coalesced(async () => {
    if (stopping.signal.aborted) return;
    const start = performance.now();
    try {
      await work();
      if (isFailing) log.info({ pulse: name }, `${name} works again`);
      isFailing = false;
    } catch (error) {
      if (!isFailing) log.error({ err: error, pulse: name }, `${name} failed; it is tried again`);
      isFailing = true;
    }
    const restMs = restShare * (performance.now() - start);
    if (restMs >= 1) await delay(restMs, undefined, { signal: stopping.signal }).catch(() => {});
  });
  const timer = setInterval(trigger, intervalMs);
  trigger();
  return {
    trigger,
    stop: async () => {
      stopping.abort();
      clearInterval(timer);
      await settled();
    },
  };
}
