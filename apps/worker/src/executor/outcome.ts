import type { EndCode, FromChild } from '@crucible/contracts';

/** The messages with which a child may end. */
export type LastMessage = Extract<FromChild, { kind: 'done' | 'stopped' | 'failed' }>;

/** How the process of a child ended. */
export interface ChildExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** the process could not be started */
  startError: Error | null;
  /** the end of what it wrote to standard error */
  lastWords: string;
}

/** Why the worker stopped a child: a user's cancel, its own shutdown, or the attempt lost its job. */
export type StopCause = 'cancel' | 'release' | 'fenced';

/** What is to be stored about the end of an attempt. `dropped`: nothing, it no longer owns its job. */
export type AttemptEnd =
  | {
      kind: 'finish';
      outcome: 'succeeded' | 'failed' | 'canceled';
      endCode: EndCode;
      detail: string | null;
      summary: unknown;
    }
  | { kind: 'release' }
  | { kind: 'dropped' };

/**
 * How an attempt ended, from the last message of its child, its exit and what the worker had asked.
 *
 * A result counts even if a stop was asked: the method was faster. A child that was killed because it did not stop in
 * time has stopped all the same.
 */
export function outcomeOf(last: LastMessage | null, exit: ChildExit, asked: StopCause | null): AttemptEnd {
  if (asked === 'fenced') return { kind: 'dropped' };
  if (last?.kind === 'done')
    return { kind: 'finish', outcome: 'succeeded', endCode: 'ok', detail: null, summary: last.summary };
  if (last?.kind === 'failed') return failed(last.endCode, last.message);
  if (asked === 'cancel')
    return { kind: 'finish', outcome: 'canceled', endCode: 'canceled', detail: null, summary: null };
  if (asked === 'release') return { kind: 'release' };
  if (last?.kind === 'stopped') return failed('method-error', 'The method stopped without being asked to.');
  if (exit.startError !== null)
    return failed('infrastructure', `The child process could not be started: ${exit.startError.message}`);
  const words = exit.lastWords.trim() === '' ? '' : ` Its last words: ${exit.lastWords.trim()}`;
  if (exit.signal !== null)
    return failed(
      'child-killed',
      `Signal ${exit.signal} ended the child process.${exit.signal === 'SIGKILL' ? ' Often the system was out of memory.' : ''}${words}`,
    );
  return failed('infrastructure', `The child process ended with exit code ${exit.code} and no result.${words}`);
}

const failed = (endCode: EndCode, detail: string): AttemptEnd => ({
  kind: 'finish',
  outcome: 'failed',
  endCode,
  detail,
  summary: null,
});
