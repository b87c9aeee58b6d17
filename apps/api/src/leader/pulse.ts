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
 */
export function startPulse(
  name: string,
  intervalMs: number,
  work: () => Promise<void>,
  log: Pick<FastifyBaseLogger, 'error' | 'info'>,
): Pulse {
  let isFailing = false;
  let isStopped = false;
  const { trigger, settled } = coalesced(async () => {
    if (isStopped) return;
    try {
      await work();
      if (isFailing) log.info({ pulse: name }, `${name} works again`);
      isFailing = false;
    } catch (error) {
      if (!isFailing) log.error({ err: error, pulse: name }, `${name} failed; it is tried again`);
      isFailing = true;
    }
  });
  const timer = setInterval(trigger, intervalMs);
  trigger();
  return {
    trigger,
    stop: async () => {
      isStopped = true;
      clearInterval(timer);
      await settled();
    },
  };
}
