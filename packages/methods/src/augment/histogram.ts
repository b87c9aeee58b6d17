/** @file Changes that follow from the histogram of each channel, as Pillow defines them. */
import { byteTable, lookUp, type Picture } from './picture.ts';

const histogramOf = ({ pixels, channels }: Picture, channel: number): Int32Array => {
  const counts = new Int32Array(256);
  for (let i = channel; i < pixels.length; i += channels) {
    const byte = pixels[i] as number;
    counts[byte] = (counts[byte] as number) + 1;
  }
  return counts;
};

const tables = (picture: Picture, tableOf: (counts: Int32Array) => Uint8Array): Uint8Array[] =>
  Array.from({ length: picture.channels }, (_, channel) => tableOf(histogramOf(picture, channel)));

/** Each channel stretched so that its smallest byte becomes 0 and its largest 255. */
export const autoContrast = (picture: Picture): Picture =>
  lookUp(
    picture,
    tables(picture, (counts) => {
      const low = counts.findIndex((count) => count > 0);
      const high = counts.findLastIndex((count) => count > 0);
      return byteTable((byte) => (high > low ? ((byte - low) * 255) / (high - low) : byte));
    }),
  );

/** Each channel's histogram made as flat as a table can: byte `v` becomes the share of smaller ones. */
export const equalize = (picture: Picture): Picture =>
  lookUp(
    picture,
    tables(picture, (counts) => {
      const largest = counts.findLastIndex((count) => count > 0);
      const pixels = counts.reduce((sum, count) => sum + count, 0);
      const step = Math.floor((pixels - (counts[largest] as number)) / 255);
      if (step === 0) return byteTable((byte) => byte);
      let below = Math.floor(step / 2);
      return Uint8Array.from(counts, (count) => {
        const level = Math.min(255, Math.floor(below / step));
        below += count;
        return level;
      });
    }),
  );
