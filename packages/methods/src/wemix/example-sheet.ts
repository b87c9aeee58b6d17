import sharp from 'sharp';
import type { Dataset } from '../data/dataset.ts';

/**
 * Rows of normalised images as one picture, in PNG.
 *
 * @param rows each `[n, H, W, C]` flattened, with the same n
 */
export async function exampleSheet(rows: readonly Float32Array[], dataset: Dataset): Promise<Uint8Array> {
  const { height, width, channels, mean, std } = dataset;
  const columns = (rows[0]?.length ?? 0) / (height * width * channels);
  const line = columns * width * channels;
  const pixels = new Uint8Array(rows.length * height * line);
  rows.forEach((row, r) => {
    row.forEach((value, i) => {
      const channel = i % channels;
      const [x, y] = [Math.floor(i / channels) % width, Math.floor(i / (channels * width)) % height];
      const column = Math.floor(i / (channels * width * height));
      const byte = Math.round(255 * (value * (std[channel] as number) + (mean[channel] as number)));
      pixels[(r * height + y) * line + (column * width + x) * channels + channel] = Math.min(255, Math.max(0, byte));
    });
  });
  const raw = { width: columns * width, height: rows.length * height, channels: channels as 1 | 3 };
  return new Uint8Array(await sharp(pixels, { raw }).png().toBuffer());
}
