import type { Logger } from 'pino';

/** Time after the grace of the children in which their last writes, and all connections, must come to an end. */
const CLOSE_LIMIT_MS = 3000;

export interface ShutdownParts {
  /** end when standard input ends: whoever started the worker is gone */
  isSupervised: boolean;
  graceMs: number;
  log: Logger;
  process: Pick<NodeJS.Process, 'on' | 'exit' | 'stdin'>;
}

/**
 * Aborts the returned signal when the worker is to end, and ends the process hard when it has not ended by itself some
 * time later: connections to services that are gone may never close.
 */
export function watchShutdown({ isSupervised, graceMs, log, process: own }: ShutdownParts): AbortSignal {
  const shutdown = new AbortController();
  const begin = (reason: string): void => {
    if (shutdown.signal.aborted) return; // a terminal and npm both pass the same signal on
    log.info({ reason }, 'shutting down');
    setTimeout(() => {
      log.error('shutting down took too long; attempts in progress will be lost');
      own.exit(1);
    }, graceMs + CLOSE_LIMIT_MS).unref();
    shutdown.abort(new Error(`shutting down: ${reason}`));
  };
  own.on('SIGTERM', () => begin('SIGTERM'));
  own.on('SIGINT', () => begin('SIGINT'));
  if (isSupervised) own.stdin.resume().on('end', () => begin('the supervisor is gone'));
  return shutdown.signal;
}
