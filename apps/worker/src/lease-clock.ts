/**
 * The right of an attempt to write, counted down on the monotonic clock of this process from when the last answered
 * heartbeat was sent: whatever the clocks of the machines say, it ends here before it ends in the database.
 */
export interface LeaseClock {
  /** @param sentAtMs `performance.now()` before the heartbeat that was answered */
  renew(sentAtMs: number): void;
  readonly isHeld: boolean;
  /** Resolves while or as soon as the lease is held. @throws the reason of `signal` */
  held(signal: AbortSignal): Promise<void>;
}

/** @param sentAtMs `performance.now()` before the claim */
export function createLeaseClock(
  leaseMs: number,
  sentAtMs: number,
  nowMs: () => number = () => performance.now(),
): LeaseClock {
  let until = sentAtMs + leaseMs;
  const waiting = new Set<() => void>();
  return {
    get isHeld() {
      return nowMs() < until;
    },
    renew(sentAt) {
      until = Math.max(until, sentAt + leaseMs);
      if (nowMs() < until) for (const resolve of waiting) resolve();
    },
    held(signal) {
      if (signal.aborted) return Promise.reject(signal.reason);
      if (nowMs() < until) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const settle = (action: () => void) => () => {
          waiting.delete(onRenewed);
          signal.removeEventListener('abort', onAbort);
          action();
        };
        const onRenewed = settle(resolve);
        const onAbort = settle(() => reject(signal.reason));
        waiting.add(onRenewed);
        signal.addEventListener('abort', onAbort);
      });
    },
  };
}
