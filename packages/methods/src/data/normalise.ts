/** `table[256 * c + byte]` is the normalised value of a stored byte in channel `c`: `(byte / 255 - mean) / std`. */
export function normalisationTable(mean: readonly number[], std: readonly number[]): Float32Array {
  const table = new Float32Array(256 * mean.length);
  mean.forEach((m, c) => {
    const s = std[c] ?? 1;
    for (let byte = 0; byte < 256; byte++) table[256 * c + byte] = (byte / 255 - m) / (s > 0 ? s : 1);
  });
  return table;
}

/**
 * Writes normalised pixels to `out` from `at` on.
 *
 * @param pixels whole pixels of `table.length / 256` channels
 */
export function writeNormalised(out: Float32Array, at: number, pixels: Uint8Array, table: Float32Array): void {
  const channels = table.length / 256;
  let channel = 0;
  for (let i = 0; i < pixels.length; i++) {
    out[at + i] = table[256 * channel + (pixels[i] as number)] as number;
    channel = channel + 1 === channels ? 0 : channel + 1;
  }
}
