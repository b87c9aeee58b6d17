/** Above the limit, what a method reports without ever asking whether to go on may still be taken. */
const SLACK_BYTES = 64 * 2 ** 20;

/** What all attempts of a worker together keep on its disk until the store takes it. */
export interface SpoolBudget {
  readonly bytes: number;
  /** Children are to wait: more would not fit. */
  readonly isFull: boolean;
  /** So much lies there although children were told to wait that nothing more may be added. */
  readonly isExceeded: boolean;
  /** @param bytes less than 0 when they are gone */
  add(bytes: number): void;
  /** Calls `onChange` when it becomes full and when there is room again, until the returned function is called. */
  watch(onChange: (isFull: boolean) => void): () => void;
}

export function createSpoolBudget(limitBytes: number, slackBytes = SLACK_BYTES): SpoolBudget {
  const watchers = new Set<(isFull: boolean) => void>();
  let bytes = 0;
  let isFull = false;
  return {
    get bytes() {
      return bytes;
    },
    get isFull() {
      return isFull;
    },
    get isExceeded() {
      return bytes > limitBytes + slackBytes;
    },
    add(more) {
      bytes += more;
      // Room for a tenth before children go on, so that they do not start and stop with each batch.
      const isFullNow = isFull ? bytes > 0.9 * limitBytes : bytes > limitBytes;
      if (isFullNow === isFull) return;
      isFull = isFullNow;
      for (const onChange of watchers) onChange(isFull);
    },
    watch(onChange) {
      watchers.add(onChange);
      return () => watchers.delete(onChange);
    },
  };
}
