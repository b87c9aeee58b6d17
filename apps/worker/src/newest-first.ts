/** Works on one item at a time; of those that wait, only the newest is kept. */
export interface NewestFirst<T> {
  offer(item: T): void;
  /** Resolves when nothing waits and nothing is worked on. @throws what made the work fail */
  idle(): Promise<void>;
}

/**
 * @param work is given one item after the other
 * @param discard is given an item that a newer one replaced before its turn came
 * @param onFault is called once; afterwards every item is discarded
 */
export function createNewestFirst<T>(
  work: (item: T) => Promise<void>,
  discard: (item: T) => Promise<void>,
  onFault: (error: unknown) => void,
): NewestFirst<T> {
  let waiting: { item: T } | null = null;
  let running: Promise<void> | null = null;
  let fault: { error: unknown } | null = null;

  const runAll = async () => {
    while (waiting !== null) {
      const { item } = waiting;
      waiting = null;
      try {
        if (fault === null) await work(item);
        else await discard(item);
      } catch (error) {
        if (fault === null) onFault(error);
        fault ??= { error };
      }
    }
    running = null;
  };

  return {
    offer(item) {
      if (waiting !== null) void discard(waiting.item).catch(onFault);
      waiting = { item };
      running ??= runAll();
    },
    async idle() {
      await running;
      if (fault !== null) throw fault.error;
    },
  };
}
