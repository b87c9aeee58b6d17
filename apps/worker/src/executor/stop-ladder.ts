import type { Child } from './fork.ts';

/** Times from one rung to the next, in milliseconds. */
export interface StopTimes {
  /** after the message, until SIGTERM */
  messageMs: number;
  /** after SIGTERM, until SIGKILL */
  termMs: number;
}

/** What a child gets after SIGTERM, as a rule. */
export const TERM_MS = 10_000;

/**
 * Asks a child to stop: message, then SIGTERM, then SIGKILL of its group. Asking again with shorter times is allowed.
 * Its end shows in `child.exit`.
 */
export function stopChild(child: Child, reason: 'cancel' | 'release', { messageMs, termMs }: StopTimes): void {
  child.send({ kind: 'stop', reason });
  const timers = [
    setTimeout(() => child.signal('SIGTERM'), messageMs),
    setTimeout(() => child.signal('SIGKILL'), messageMs + termMs),
  ];
  child.exit.then(() => timers.forEach(clearTimeout));
}
