import { setTimeout as delay } from 'node:timers/promises';
import type { Leadership } from '@crucible/store';
import { type DutyDeps, startDuties } from './duties.ts';

const RETRY_MS = 2000;

/** Takes part in the choice of a leader until stopped. */
export interface Election {
  /** Gives the lead up; resolves when no duty runs any more. */
  stop(): Promise<void>;
}

/** Resolves when one of the signals is aborted. */
const anyAborted = (...signals: AbortSignal[]): Promise<void> =>
  new Promise((resolve) => {
    const either = AbortSignal.any(signals);
    if (either.aborted) resolve();
    else either.addEventListener('abort', () => resolve(), { once: true });
  });

/** Tries for the lead each two seconds, and carries the leader's duties while it has it. */
export function startElection(deps: DutyDeps): Election {
  const stopped = new AbortController();
  const { store, log } = deps;
  const leads = deps.telemetry?.metrics.gauge('crucible_scheduler_leader');

  const serve = async (leadership: Leadership): Promise<void> => {
    log.info('leading: scheduler, relay and repair run here');
    const stopDuties = await startDuties(deps);
    leads?.set(1);
    await anyAborted(leadership.lost, stopped.signal);
    leads?.set(0);
    if (leadership.lost.aborted) log.warn('the lead is lost');
    await stopDuties();
  };

  const run = async (): Promise<void> => {
    let isFailing = false;
    while (!stopped.signal.aborted) {
      try {
        const leadership = await store.leader.tryLead();
        isFailing = false;
        if (leadership !== null) {
          try {
            await serve(leadership);
          } finally {
            await leadership.release();
          }
        }
      } catch (error) {
        if (!isFailing) log.error({ err: error }, 'could not try for the lead; it is tried again');
        isFailing = true;
      }
      await delay(RETRY_MS, undefined, { signal: stopped.signal }).catch(() => {}); // ends early when stopped
    }
  };

  const ended = run();
  return {
    stop: async () => {
      stopped.abort();
      await ended;
    },
  };
}
