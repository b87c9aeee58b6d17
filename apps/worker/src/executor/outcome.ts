import { type EndCode, type FromChild, STOP_INTENTS } from '@crucible/contracts';
import { saysOutOfMemory } from './out-of-memory.ts';

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
  /** the kernel has killed something of this machine's share for memory while it ran */
  isOomKill: boolean;
}

/**
 * Why the worker stops a child, weakest first: it gives its jobs back (shutdown, drain), somebody stops the job, or the
 * attempt lost its job. A stronger cause replaces a weaker one, never the reverse.
 */
export const STOP_CAUSES = ['release', ...STOP_INTENTS, 'fenced'] as const;
export type StopCause = (typeof STOP_CAUSES)[number];

/** What is to be stored about the end of an attempt. `dropped`: nothing, it no longer owns its job. */
export type AttemptEnd =
  | {
      kind: 'finish';
      outcome: 'succeeded' | 'failed' | 'canceled' | 'paused' | 'preempted';
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
  if (asked === 'cancel' || asked === 'kill') return obeyed('canceled');
  if (asked === 'pause') return obeyed('paused');
  if (asked === 'preempt') return obeyed('preempted');
  if (asked === 'release') return { kind: 'release' };
  if (last?.kind === 'stopped') return failed('method-error', 'The method stopped without being asked to.');
  if (exit.startError !== null)
    return failed('infrastructure', `The child process could not be started: ${exit.startError.message}`);
  const words = exit.lastWords.trim() === '' ? '' : ` Its last words: ${exit.lastWords.trim()}`;
  if ((exit.signal === 'SIGKILL' && exit.isOomKill) || saysOutOfMemory(exit.lastWords))
    return failed('out-of-memory', `There was no memory left: ${how(exit)}.${words}`);
  if (exit.signal !== null) return failed('child-killed', `Signal ${exit.signal} ended the child process.${words}`);
  return failed('infrastructure', `The child process ended with exit code ${exit.code} and no result.${words}`);
}

const how = ({ code, signal }: ChildExit): string =>
  signal === null ? `the child process ended with exit code ${code}` : `signal ${signal} ended the child process`;

const obeyed = (end: 'canceled' | 'paused' | 'preempted'): AttemptEnd => ({
  kind: 'finish',
  outcome: end,
  endCode: end,
  detail: null,
  summary: null,
});

const failed = (endCode: EndCode, detail: string): AttemptEnd => ({
  kind: 'finish',
  outcome: 'failed',
  endCode,
  detail,
  summary: null,
});
