/**
 * A function that runs `work` and never twice at once: calls during a run together cause exactly one more run.
 * `work` must not reject.
 */
export function coalesced(work: () => Promise<void>): { trigger: () => void; settled: () => Promise<void> } {
  let running: Promise<void> | null = null;
  let isAskedAgain = false;
  const run = async (): Promise<void> => {
    do {
      isAskedAgain = false;
      await work();
    } while (isAskedAgain);
    running = null;
  };
  return {
    trigger: () => {
      if (running === null) running = run();
      else isAskedAgain = true;
    },
    /** Resolves when nothing runs. */
    settled: async () => {
      while (running !== null) await running;
    },
  };
}
