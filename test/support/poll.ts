import { setTimeout as delay } from 'node:timers/promises';

const STEP_MS = 20;

/**
 * Looks until `look` gives something. For states that only the database can show; the time is a limit, not a wait.
 *
 * @throws Error that says what was waited for
 */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | null | undefined | false>,
  limitMs = 15_000,
): Promise<T> {
  const end = performance.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== null && found !== undefined && found !== false) return found;
    if (performance.now() > end) throw new Error(`${what}: not within ${limitMs} ms`);
    await delay(STEP_MS);
  }
}
