/** Time in which messages that already wait may still be read: the worker itself may have been stopped for a while. */
const SECOND_LOOK_MS = 1000;

/** Watches whether a child gets on. */
export interface StallWatch {
  /** A new step, or new progress. */
  moved(): void;
  /** The child was told to wait, or may go on; waiting is no stall. */
  hold(isHeld: boolean): void;
  close(): void;
}

/** @param limitSeconds longest pause between two moves; null: any */
export function createStallWatch(limitSeconds: number | null, onStall: (limitSeconds: number) => void): StallWatch {
  if (limitSeconds === null) return { moved() {}, hold() {}, close() {} };
  let isHeld = false;
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;
  const restart = (): void => {
    clearTimeout(timer);
    if (isHeld || isClosed) return;
    timer = setTimeout(() => {
      timer = setTimeout(() => onStall(limitSeconds), SECOND_LOOK_MS);
    }, limitSeconds * 1000);
  };
  restart();
  return {
    moved: restart,
    hold(value) {
      isHeld = value;
      restart();
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}
