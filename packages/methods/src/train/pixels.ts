/** Shape of one stored picture. */
export interface PictureShape {
  height: number;
  width: number;
  channels: number;
}

/** `table[256 * c + byte]` is the normalised value of a stored byte in channel `c`: `(byte / 255 - mean) / std`. */
export function normalisationTable(mean: readonly number[], std: readonly number[]): Float32Array {
  const table = new Float32Array(256 * mean.length);
  mean.forEach((m, c) => {
    const s = std[c] ?? 1;
    for (let byte = 0; byte < 256; byte++) table[256 * c + byte] = (byte / 255 - m) / (s > 0 ? s : 1);
  });
  return table;
}

/** Writes a normalised picture to `out` from `at` on, moved and mirrored; what lies outside counts as byte 0. */
export function writePicture(
  out: Float32Array,
  at: number,
  stored: Uint8Array,
  from: number,
  { height, width, channels }: PictureShape,
  table: Float32Array,
  shiftX = 0,
  shiftY = 0,
  flip = false,
): void {
  const direction = flip ? -channels : channels;
  let to = at;
  for (let y = 0; y < height; y++) {
    const sourceY = y + shiftY;
    const rowInside = sourceY >= 0 && sourceY < height;
    const row = from + sourceY * width * channels;
    // column x of the window shows stored column x + shiftX, counted from the other end if mirrored
    let column = (flip ? width - 1 : 0) + shiftX;
    let source = row + column * channels;
    for (let x = 0; x < width; x++) {
      const inside = rowInside && column >= 0 && column < width;
      for (let c = 0; c < channels; c++)
        out[to++] = table[256 * c + (inside ? (stored[source + c] as number) : 0)] as number;
      column += flip ? -1 : 1;
      source += direction;
    }
  }
}
