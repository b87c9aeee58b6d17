const counts = new Map<string, number>();

/** Notes that a kernel ran on the plain JavaScript path. */
export function countSlowPath(kernelName: string): void {
  counts.set(kernelName, (counts.get(kernelName) ?? 0) + 1);
}

/**
 * How often each kernel ran in plain JavaScript since the last reset, most frequent first.
 * A kernel that appears here with large tensors is what to make native next.
 */
export function slowPath(): ReadonlyMap<string, number> {
  return new Map([...counts].sort(([, a], [, b]) => b - a));
}

/** Sets all counts to zero. */
export function resetSlowPath(): void {
  counts.clear();
}
