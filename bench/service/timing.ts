/** The value below which the share `p` of the times lies. @param times at least one */
export function percentile(times: readonly number[], p: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? Number.NaN;
}

export const median = (times: readonly number[]): number => percentile(times, 0.5);

/** Milliseconds of one run. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Runs `work` `count` times, `clients` at a time, each client after its last answer. @returns milliseconds of each */
export async function timesOf(
  count: number,
  clients: number,
  work: (i: number) => Promise<unknown>,
): Promise<number[]> {
  const times: number[] = [];
  let next = 0;
  const client = async (): Promise<void> => {
    while (next < count) {
      const i = next++;
      times.push(await timed(() => work(i)));
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return times;
}

/** Looks until `look` gives something. @throws Error that says what was waited for */
export async function waitFor<T>(
  what: string,
  look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  limitMs = 60_000,
): Promise<T> {
  const end = performance.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== null && found !== undefined && found !== false) return found;
    if (performance.now() > end) throw new Error(`${what}: not within ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
