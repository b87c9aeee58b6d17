import { setTimeout as delay } from 'node:timers/promises';
import { BEATS_PER_LEASE } from '@crucible/contracts';
import type { Attempts, HeartbeatCommand } from '@crucible/store';
import type { Logger } from 'pino';
import type { AttemptRun } from './attempt-run.ts';
import { TERM_MS } from './executor/stop-ladder.ts';

/** In leases. A call that takes longer counts as failed, so that one lost packet does not silence the worker. */
const CALL_LIMIT = 1 / 3;
/** What a method gets when nobody has set a deadline, as for a drain. */
const DEFAULT_GRACE_MS = 120_000;

export interface HeartbeatParts {
  attempts: Pick<Attempts, 'heartbeat'>;
  workerId: string;
  /** attempts whose lease is to be renewed */
  runs: () => Iterable<AttemptRun>;
  /** delay of the event loop since the last call, in milliseconds */
  takeLagMs: () => number;
  /** bytes on disk that wait to be stored */
  spoolBytes: () => number;
  leaseMs: number;
  log: Logger;
}

/** Renews the leases of all attempts, in one call for the whole worker, and obeys the commands that come back. */
export interface Heartbeats {
  /** Beats at once: something may have changed. */
  now(): void;
  close(): Promise<void>;
}

export function startHeartbeats(parts: HeartbeatParts): Heartbeats {
  const { attempts, workerId, runs, takeLagMs, spoolBytes, leaseMs, log } = parts;
  let isClosed = false;
  let wake = new AbortController();

  const beat = async (): Promise<void> => {
    const held = [...runs()];
    const sentAtMs = performance.now();
    const call = attempts.heartbeat({
      workerId,
      eventLoopLagMs: takeLagMs(),
      spoolBytes: spoolBytes(),
      attempts: held.map(({ attemptId, fence, step, progress }) => ({ attemptId, fence, step, progress })),
    });
    const commands = await Promise.race([call, limit(CALL_LIMIT * leaseMs)]);
    for (const run of held) obey(run, commands, sentAtMs);
  };

  const loop = async (): Promise<void> => {
    while (!isClosed) {
      wake = new AbortController();
      await beat().catch((error) =>
        // Leases are the database's business: while it is away none can be taken from us, and the children go on.
        log.warn({ err: error }, 'heartbeat failed'),
      );
      if (isClosed) return;
      await delay(leaseMs / BEATS_PER_LEASE, undefined, { signal: wake.signal }).catch(() => {});
    }
  };
  const looped = loop();
  return {
    now: () => wake.abort(),
    async close() {
      isClosed = true;
      wake.abort();
      await looped;
    },
  };
}

function obey(run: AttemptRun, commands: readonly HeartbeatCommand[], sentAtMs: number): void {
  const found = commands.find(({ attemptId }) => attemptId === run.attemptId);
  if (found === undefined) return;
  const { command, graceMs } = found;
  if (command !== 'fenced') run.renew(sentAtMs);
  if (command === 'none') return;
  if (command === 'kill' || command === 'fenced') run.stop(command);
  else if (command === 'drain') run.stop('release', { messageMs: DEFAULT_GRACE_MS, termMs: TERM_MS });
  else run.stop(command, { messageMs: graceMs ?? DEFAULT_GRACE_MS, termMs: TERM_MS });
}

async function limit(ms: number): Promise<never> {
  await delay(ms, undefined, { ref: false });
  throw new Error(`the store did not answer within ${ms} ms`);
}
