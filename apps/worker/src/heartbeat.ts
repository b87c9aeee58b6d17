import { setTimeout as delay } from 'node:timers/promises';
import { HEARTBEAT_SECONDS } from '@crucible/contracts';
import type { Attempts, HeartbeatCommand } from '@crucible/store';
import type { Logger } from 'pino';
import type { AttemptRun } from './attempt-run.ts';

/** A call that takes longer counts as failed, so that one lost packet does not silence the worker. */
const CALL_LIMIT_MS = 10_000;

export interface HeartbeatParts {
  attempts: Pick<Attempts, 'heartbeat'>;
  workerId: string;
  /** attempts whose lease is to be renewed */
  runs: () => Iterable<AttemptRun>;
  /** delay of the event loop since the last call, in milliseconds */
  takeLagMs: () => number;
  log: Logger;
  intervalMs?: number;
}

/** Renews the leases of all attempts, in one call for the whole worker, and obeys the commands that come back. */
export interface Heartbeats {
  /** Beats at once: something may have changed. */
  now(): void;
  close(): Promise<void>;
}

export function startHeartbeats(parts: HeartbeatParts): Heartbeats {
  const { attempts, workerId, runs, takeLagMs, log, intervalMs = HEARTBEAT_SECONDS * 1000 } = parts;
  let isClosed = false;
  let wake = new AbortController();

  const beat = async (): Promise<void> => {
    const held = [...runs()];
    const call = attempts.heartbeat({
      workerId,
      eventLoopLagMs: takeLagMs(),
      attempts: held.map(({ attemptId, fence, step, progress }) => ({ attemptId, fence, step, progress })),
    });
    const commands = await Promise.race([call, limit(CALL_LIMIT_MS)]);
    for (const run of held) obey(run, commands);
  };

  const loop = async (): Promise<void> => {
    while (!isClosed) {
      wake = new AbortController();
      await beat().catch((error) =>
        // Leases are the database's business: while it is away none can be taken from us, and the children go on.
        log.warn({ err: error }, 'heartbeat failed'),
      );
      if (isClosed) return;
      await delay(intervalMs, undefined, { signal: wake.signal }).catch(() => {});
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

function obey(run: AttemptRun, commands: readonly HeartbeatCommand[]): void {
  const command = commands.find(({ attemptId }) => attemptId === run.attemptId)?.command ?? 'none';
  if (command !== 'none') run.stop(command);
}

async function limit(ms: number): Promise<never> {
  await delay(ms, undefined, { ref: false });
  throw new Error(`the store did not answer within ${ms} ms`);
}
