/** A bucket that requests take tokens from. It holds `perMinute` tokens at most and gains as many in a minute. */
export interface Bucket {
  name: string;
  perMinute: number;
}

/** What taking a token from some buckets gave. */
export interface Taken {
  isAllowed: boolean;
  /** tokens left, bucket by bucket; fractions gain towards the next */
  left: readonly number[];
}

export const MINUTE_MS = 60_000;
/** Fewer buckets are not worth a search for those that are full again. */
const MANY_BUCKETS = 10_000;

/** The tokens in a bucket some time after it held `tokens`. */
export const refilled = (tokens: number, perMinute: number, elapsedMs: number): number =>
  Math.min(perMinute, tokens + (Math.max(0, elapsedMs) * perMinute) / MINUTE_MS);

/** Token buckets in this process. */
export class LocalBuckets {
  readonly #held = new Map<string, { tokens: number; atMs: number }>();

  /** Takes a token from every bucket, or from none when one is empty. @param nowMs of a clock that never goes back */
  take(buckets: readonly Bucket[], nowMs: number): Taken {
    const before = buckets.map(({ name, perMinute }) => {
      const { tokens, atMs } = this.#held.get(name) ?? { tokens: perMinute, atMs: nowMs };
      return refilled(tokens, perMinute, nowMs - atMs);
    });
    const isAllowed = before.every((tokens) => tokens >= 1);
    const left = before.map((tokens) => (isAllowed ? tokens - 1 : tokens));
    buckets.forEach(({ name }, i) => {
      this.#held.set(name, { tokens: left[i] ?? 0, atMs: nowMs });
    });
    if (this.#held.size > MANY_BUCKETS) this.#forgetFull(nowMs);
    return { isAllowed, left };
  }

  /** A bucket that was left alone for a minute is full, as one that is not known. */
  #forgetFull(nowMs: number): void {
    for (const [name, { atMs }] of this.#held) if (nowMs - atMs >= MINUTE_MS) this.#held.delete(name);
  }
}
