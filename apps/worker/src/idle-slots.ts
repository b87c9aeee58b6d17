/** Adds up the time for which slots had nothing to do. */
export interface IdleSlots {
  /** To be called whenever the number of busy slots changes. */
  setBusy(numBusy: number): void;
  /** Slot-seconds without work since it was last asked. */
  takeSeconds(): number;
}

/** @param now monotonic time in milliseconds, for tests */
export function watchIdleSlots(numSlots: number, now: () => number = () => performance.now()): IdleSlots {
  let busy = 0;
  let since = now();
  let seconds = 0;
  const add = (): void => {
    const at = now();
    seconds += (Math.max(0, numSlots - busy) * (at - since)) / 1000;
    since = at;
  };
  return {
    setBusy(numBusy) {
      add();
      busy = numBusy;
    },
    takeSeconds() {
      add();
      const taken = seconds;
      seconds = 0;
      return taken;
    },
  };
}
