import v8 from 'node:v8';

/** Share by which the JavaScript heap may grow above what was alive at the last full collection. */
const GROWTH_PERCENT = 10;

/**
 * Keeps the JavaScript heap near what is alive in it.
 *
 * Tensors lie outside of it; what a training step leaves inside is about a hundred kilobytes that outlive the young
 * generation. By its own rule V8 collects them when the heap has tripled, a thousand steps later, and the process is a
 * quarter larger by then. Full collections every hundred steps cost less than a hundredth of the time.
 */
export function boundHeapGrowth(): void {
  v8.setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}
