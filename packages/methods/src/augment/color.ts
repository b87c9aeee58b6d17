/** @file Changes of colour. A factor of 1 changes nothing; 0 gives black, uniform grey, or no colour. */
import { byteTable, lookUp, type Picture, toByte } from './picture.ts';

/** Weights of red, green and blue in the luma of ITU-R BT.601, as in every image library. */
const LUMA = [0.299, 0.587, 0.114] as const;

/** Luma of the pixel whose first byte is at `at`. */
const lumaAt = ({ pixels, channels }: Picture, at: number): number =>
  channels === 1
    ? (pixels[at] as number)
    : LUMA[0] * (pixels[at] as number) + LUMA[1] * (pixels[at + 1] as number) + LUMA[2] * (pixels[at + 2] as number);

/** Every byte times `factor`. */
export const brightness = (picture: Picture, factor: number): Picture =>
  lookUp(picture, [byteTable((byte) => byte * factor)]);

/** Every byte's distance to the mean luma of the picture times `factor`. */
export function contrast(picture: Picture, factor: number): Picture {
  const { pixels, channels } = picture;
  let sum = 0;
  for (let at = 0; at < pixels.length; at += channels) sum += lumaAt(picture, at);
  const mean = toByte(sum / (pixels.length / channels));
  return lookUp(picture, [byteTable((byte) => mean + (byte - mean) * factor)]);
}

/** Every byte's distance to the luma of its pixel times `factor`. A picture of one channel stays as it is. */
export function saturation(picture: Picture, factor: number): Picture {
  if (picture.channels === 1) return picture;
  const pixels = new Uint8Array(picture.pixels.length);
  for (let at = 0; at < pixels.length; at += 3) {
    const luma = lumaAt(picture, at);
    for (let c = at; c < at + 3; c++) pixels[c] = toByte(luma + ((picture.pixels[c] as number) - luma) * factor);
  }
  return { ...picture, pixels };
}

/** Without colour, in as many channels as before. */
export const grayscale = (picture: Picture): Picture => saturation(picture, 0);

/**
 * Every hue moved by `turns` of the colour circle; lightness of the strongest channel and chroma stay. A picture of one
 * channel stays as it is.
 */
export function shiftHue(picture: Picture, turns: number): Picture {
  if (picture.channels === 1) return picture;
  const pixels = new Uint8Array(picture.pixels.length);
  for (let at = 0; at < pixels.length; at += 3) {
    const [r, g, b] = [at, at + 1, at + 2].map((i) => picture.pixels[i] as number) as [number, number, number];
    const value = Math.max(r, g, b);
    const chroma = value - Math.min(r, g, b);
    // in sixths of the circle; HSV (Smith 1978)
    const sector =
      chroma === 0 ? 0 : value === r ? (g - b) / chroma : value === g ? 2 + (b - r) / chroma : 4 + (r - g) / chroma;
    const moved = sector + 6 * turns;
    pixels[at] = toByte(channelOf(5 + moved, value, chroma));
    pixels[at + 1] = toByte(channelOf(3 + moved, value, chroma));
    pixels[at + 2] = toByte(channelOf(1 + moved, value, chroma));
  }
  return { ...picture, pixels };
}

/** A channel of an HSV colour: `value` less the chroma times a trapezoid over the circle; `sector` counts sixths of it. */
const channelOf = (sector: number, value: number, chroma: number): number => {
  const k = ((sector % 6) + 6) % 6;
  return value - chroma * Math.max(0, Math.min(k, 4 - k, 1));
};

/** Bytes from `threshold` on are inverted. */
export const solarize = (picture: Picture, threshold: number): Picture =>
  lookUp(picture, [byteTable((byte) => (byte >= threshold ? 255 - byte : byte))]);

/** Only the `bits` highest bits of every byte are kept. */
export const posterize = (picture: Picture, bits: number): Picture =>
  lookUp(picture, [byteTable((byte) => byte & (0xff00 >> bits))]);
