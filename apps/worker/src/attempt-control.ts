import { CrucibleError, type EndCode } from '@crucible/contracts';
import type { Logger } from 'pino';
import type { Child } from './executor/fork.ts';
import type { StopCause } from './executor/outcome.ts';
import { CANCEL_TIMES, stopChild } from './executor/stop-ladder.ts';

/** After SIGTERM, a child that was to release its job gets this long. */
const SIGTERM_MS = 1000;
/** Refusals that only the method can be the cause of. */
const METHODS_FAULTS = ['too-many-series', 'invalid-request', 'payload-too-large'];

/** Why an attempt cannot go on although its child would. */
export interface AttemptFault {
  endCode: EndCode;
  detail: string;
}

/** Who wants an attempt to end, and the child that has to obey. */
export interface AttemptControl {
  readonly asked: StopCause | null;
  readonly fault: AttemptFault | null;
  /** Aborted when nothing more may be stored. */
  readonly writes: AbortSignal;
  /** Asks the child to stop, or kills it if the attempt lost its job. A later call counts only if it is stronger. */
  stop(cause: StopCause): void;
  /** Something of the attempt cannot be stored or done: the child is killed. The first fault counts. */
  fail(error: unknown): void;
  /** Hands over the child; what was asked before reaches it now. */
  attach(child: Child): void;
  /** The attempt is over: writes that still wait are given up. */
  close(): void;
}

function endCodeOf(error: unknown): EndCode {
  if (!(error instanceof CrucibleError)) return 'infrastructure';
  if (error.code === 'checkpoint-corrupt') return 'checkpoint-corrupt';
  return METHODS_FAULTS.includes(error.code) ? 'method-error' : 'infrastructure';
}

export function createAttemptControl(log: Logger, graceMs: number): AttemptControl {
  const writes = new AbortController();
  let asked: StopCause | null = null;
  let fault: AttemptFault | null = null;
  let child: Child | null = null;

  const enforce = (): void => {
    if (child === null) return;
    if (asked === 'fenced' || fault !== null) child.signal('SIGKILL');
    else if (asked === 'cancel') stopChild(child, 'cancel', CANCEL_TIMES);
    else if (asked === 'release') stopChild(child, 'release', { messageMs: graceMs, termMs: SIGTERM_MS });
  };
  const stop = (cause: StopCause): void => {
    const isWeaker = asked === 'fenced' || asked === cause || (asked === 'cancel' && cause === 'release');
    if (isWeaker) return;
    asked = cause;
    log.info({ cause }, 'stopping');
    if (cause === 'fenced') writes.abort(new CrucibleError('stale-fence', 'The attempt no longer owns its job.'));
    enforce();
  };
  return {
    get asked() {
      return asked;
    },
    get fault() {
      return fault;
    },
    writes: writes.signal,
    stop,
    fail(error) {
      if (asked === 'fenced' || fault !== null) return;
      if (error instanceof CrucibleError && error.code === 'stale-fence') {
        stop('fenced');
        return;
      }
      log.error({ err: error }, 'the attempt cannot go on');
      const detail = error instanceof Error ? error.message : String(error);
      fault = { endCode: endCodeOf(error), detail };
      enforce();
    },
    attach(started) {
      child = started;
      enforce();
    },
    close: () => writes.abort(new Error('the attempt is over')),
  };
}
