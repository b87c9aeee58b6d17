import type { LogLevel, LogLine } from '@crucible/contracts';
import { useRef } from 'preact/hooks';
import { type Resource, useResource } from '../../../live/use-resource.ts';
import { useSession } from '../../../session/session-context.ts';

/** Lines per request, and lines kept in the page. */
const PAGE_LINES = 1000;
const MAX_LINES = 5000;

export interface Log {
  lines: LogLine[];
  /** older lines that were read but are not kept */
  numDropped: number;
}

/** The stream does not tell of new lines. */
const LIVE_POLL_MS = 2000;

/**
 * The log of a job from `level` up; every look reads only what is new.
 *
 * @param isLive whether lines may still come
 */
export function useLog(jobId: string, level: LogLevel, isLive: boolean): Resource<Log> {
  const { client } = useSession();
  const identity = `log ${jobId} ${level}`;
  const held = useRef<{ identity: string; log: Log }>({ identity, log: { lines: [], numDropped: 0 } });
  return useResource(
    identity,
    async (signal) => {
      let log: Log = held.current.identity === identity ? held.current.log : { lines: [], numDropped: 0 };
      for (;;) {
        const last = log.lines.at(-1);
        const after = last === undefined ? {} : { after: `${last.attempt}:${last.line}` };
        const page = await client.logs(jobId, { level, limit: PAGE_LINES, ...after }, { signal });
        if (page.data.length === 0) break;
        const lines = [...log.lines, ...page.data];
        const surplus = Math.max(0, lines.length - MAX_LINES);
        log = { lines: lines.slice(surplus), numDropped: log.numDropped + surplus };
        if (page.data.length < PAGE_LINES) break;
      }
      held.current = { identity, log };
      return log;
    },
    [`job:${jobId}`],
    isLive ? LIVE_POLL_MS : undefined,
  );
}
