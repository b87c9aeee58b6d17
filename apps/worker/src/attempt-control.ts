import { CrucibleError, type EndCode } from '@crucible/contracts';
import type { Logger } from 'pino';
import type { Child } from './executor/fork.ts';
import { STOP_CAUSES, type StopCause } from './executor/outcome.ts';
import { type StopTimes, stopChild } from './executor/stop-ladder.ts';

/** A deadline that comes again with each heartbeat moves by less than this. */
const SAME_DEADLINE_MS = 500;
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
  /**
   * Asks the child to stop, or kills it. A later call counts if its cause is stronger or its times are shorter;
   * without times there is nothing to wait for.
   */
  stop(cause: StopCause, times?: StopTimes): void;
  /**
   * Something of the attempt cannot be stored or done: the child is killed. The first fault counts.
   *
   * @param endCode taken from the error if absent
   */
  fail(error: unknown, endCode?: EndCode): void;
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

const AT_ONCE: StopTimes = { messageMs: 0, termMs: 0 };
const rank = (cause: StopCause | null): number => (cause === null ? -1 : STOP_CAUSES.indexOf(cause));

export function createAttemptControl(log: Logger): AttemptControl {
  const writes = new AbortController();
  let asked: StopCause | null = null;
  let termAt = Number.POSITIVE_INFINITY;
  let killAt = Number.POSITIVE_INFINITY;
  let fault: AttemptFault | null = null;
  let child: Child | null = null;

  const enforce = (): void => {
    if (child === null) return;
    if (asked === 'fenced' || asked === 'kill' || fault !== null) child.signal('SIGKILL');
    else if (asked !== null) {
      const messageMs = Math.max(0, termAt - performance.now());
      const termMs = Math.max(0, killAt - performance.now() - messageMs);
      stopChild(child, asked === 'cancel' ? 'cancel' : 'release', { messageMs, termMs });
    }
  };
  const stop = (cause: StopCause, { messageMs, termMs }: StopTimes = AT_ONCE): void => {
    const isStronger = rank(cause) > rank(asked);
    const wanted = performance.now() + messageMs;
    const isSooner = wanted < termAt - SAME_DEADLINE_MS;
    if (asked === 'fenced' || !(isStronger || isSooner)) return;
    if (isStronger) {
      asked = cause;
      log.info({ cause, graceMs: Math.round(messageMs) }, 'stopping');
    }
    termAt = Math.min(termAt, wanted);
    killAt = Math.min(killAt, wanted + termMs);
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
    fail(error, endCode) {
      if (asked === 'fenced' || fault !== null) return;
      if (error instanceof CrucibleError && error.code === 'stale-fence') {
        stop('fenced');
        return;
      }
      log.error({ err: error }, 'the attempt cannot go on');
      const detail = error instanceof Error ? error.message : String(error);
      fault = { endCode: endCode ?? endCodeOf(error), detail };
      enforce();
    },
    attach(started) {
      child = started;
      enforce();
    },
    close: () => writes.abort(new Error('the attempt is over')),
  };
}
