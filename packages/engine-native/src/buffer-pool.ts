/** Counters of a pool; bytes count the arrays, not the pages behind them. */
export interface PoolCounters {
  /** Held free, ready to be taken. */
  readonly freeBytes: number;
  /** Taken and not given back. */
  readonly lentBytes: number;
  /** Arrays made because none of the right size was free. */
  readonly allocations: number;
}

type Pooled = Float32Array | Uint16Array;

/** One number per length and element size. */
const keyOf = (length: number, isNarrow: boolean): number => 2 * length + (isNarrow ? 1 : 0);

/**
 * Free lists of `Float32Array`, and of `Uint16Array` for bf16, by exact length.
 *
 * A training step needs the same sizes again and again; fresh arrays would cost zeroing, page faults
 * and garbage collection each time. Contents of a taken array are undefined.
 */
export class BufferPool {
  readonly #allocate: (length: number) => Float32Array;
  readonly #maxFreeBytes: number;
  /** Least recently used length first. */
  readonly #free = new Map<number, Pooled[]>();
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
    const free = this.#reuse(length, false, Float32Array.BYTES_PER_ELEMENT);
    return (free as Float32Array | undefined) ?? this.#allocate(length);
  }

  /** As `take`, for elements of bf16. */
  takeBf16(length: number): Uint16Array {
    const free = this.#reuse(length, true, Uint16Array.BYTES_PER_ELEMENT);
    if (free !== undefined) return free as Uint16Array;
    const words = this.#allocate(Math.ceil(length / 2));
    return new Uint16Array(words.buffer, words.byteOffset, length);
  }

  #reuse(length: number, isNarrow: boolean, elementBytes: number): Pooled | undefined {
    this.#lentBytes += length * elementBytes;
    const free = this.#free.get(keyOf(length, isNarrow))?.pop();
    if (free === undefined) this.#allocations += 1;
    else this.#freeBytes -= free.byteLength;
    return free;
  }

  /** Takes back an array that `take` or `takeBf16` returned and nobody else sees. */
  give(array: Pooled): void {
    this.#lentBytes -= array.byteLength;
    this.#freeBytes += array.byteLength;
    const key = keyOf(array.length, array instanceof Uint16Array);
    const list = this.#free.get(key) ?? [];
    list.push(array);
    this.#free.delete(key);
    this.#free.set(key, list);
    if (this.#freeBytes > this.#maxFreeBytes) this.trim(this.#maxFreeBytes);
  }

  /** Stops counting an array that others may still see; the garbage collector has it from now on. */
  abandon(array: Pooled): void {
    this.#lentBytes -= array.byteLength;
  }

  /** Drops free arrays, least recently used sizes first, until at most `bytes` are held. */
  trim(bytes = 0): void {
    for (const [key, list] of this.#free) {
      while (this.#freeBytes > bytes && list.length > 0) this.#freeBytes -= list.pop()?.byteLength ?? 0;
      if (list.length === 0) this.#free.delete(key);
      if (this.#freeBytes <= bytes) return;
    }
  }

  counters(): PoolCounters {
    return { freeBytes: this.#freeBytes, lentBytes: this.#lentBytes, allocations: this.#allocations };
  }
}
