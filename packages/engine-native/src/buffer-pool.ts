/** Counters of a pool; bytes count the arrays, not the pages behind them. */
export interface PoolCounters {
  /** Held free, ready to be taken. */
  readonly freeBytes: number;
  /** Taken and not given back. */
  readonly lentBytes: number;
  /** Arrays made because none of the right size was free. */
  readonly allocations: number;
}

/**
 * Free lists of `Float32Array` by exact length.
 *
 * A training step needs the same sizes again and again; fresh arrays would cost zeroing, page faults
 * and garbage collection each time. Contents of a taken array are undefined.
 */
export class BufferPool {
  readonly #allocate: (length: number) => Float32Array;
  readonly #maxFreeBytes: number;
  /** Least recently used length first. */
  readonly #free = new Map<number, Float32Array[]>();
  #freeBytes = 0;
  #lentBytes = 0;
  #allocations = 0;

  /**
   * @param allocate makes an array of a length; contents may be anything
   * @param maxFreeBytes above it the least recently used sizes are dropped
   */
  constructor(allocate: (length: number) => Float32Array, maxFreeBytes: number) {
    this.#allocate = allocate;
    this.#maxFreeBytes = maxFreeBytes;
  }

  take(length: number): Float32Array {
    this.#lentBytes += length * Float32Array.BYTES_PER_ELEMENT;
    const list = this.#free.get(length);
    const free = list?.pop();
    if (free === undefined) {
      this.#allocations += 1;
      return this.#allocate(length);
    }
    this.#freeBytes -= free.byteLength;
    return free;
  }

  /** Takes back an array that `take` returned and nobody else sees. */
  give(array: Float32Array): void {
    this.#lentBytes -= array.byteLength;
    this.#freeBytes += array.byteLength;
    const list = this.#free.get(array.length) ?? [];
    list.push(array);
    this.#free.delete(array.length);
    this.#free.set(array.length, list);
    if (this.#freeBytes > this.#maxFreeBytes) this.trim(this.#maxFreeBytes);
  }

  /** Stops counting an array that others may still see; the garbage collector has it from now on. */
  abandon(array: Float32Array): void {
    this.#lentBytes -= array.byteLength;
  }

  /** Drops free arrays, least recently used sizes first, until at most `bytes` are held. */
  trim(bytes = 0): void {
    for (const [length, list] of this.#free) {
      while (this.#freeBytes > bytes && list.length > 0) this.#freeBytes -= list.pop()?.byteLength ?? 0;
      if (list.length === 0) this.#free.delete(length);
      if (this.#freeBytes <= bytes) return;
    }
  }

  counters(): PoolCounters {
    return { freeBytes: this.#freeBytes, lentBytes: this.#lentBytes, allocations: this.#allocations };
  }
}
