/** @file Moves without interpolation: mirror and shifted window. */
import type { Picture } from './picture.ts';

/** Mirrored left to right. */
export function flip(picture: Picture): Picture {
  const { height, width, channels } = picture;
  const pixels = new Uint8Array(picture.pixels.length);
  let to = 0;
  for (let y = 0; y < height; y++)
    for (let x = width - 1; x >= 0; x--) {
      const from = (y * width + x) * channels;
      for (let c = 0; c < channels; c++) pixels[to++] = picture.pixels[from + c] as number;
    }
  return { ...picture, pixels };
}

/** Pixel (x, y) of the result is pixel (x + shiftX, y + shiftY) of the picture, black outside of it. */
export function shift(picture: Picture, shiftX: number, shiftY: number): Picture {
  const { height, width, channels } = picture;
  const pixels = new Uint8Array(picture.pixels.length);
  const [first, last] = [Math.max(0, -shiftX), Math.min(width, width - shiftX)];
  if (last <= first) return { ...picture, pixels };
  for (let y = Math.max(0, -shiftY); y < Math.min(height, height - shiftY); y++) {
    const from = ((y + shiftY) * width + first + shiftX) * channels;
    pixels.set(picture.pixels.subarray(from, from + (last - first) * channels), (y * width + first) * channels);
  }
  return { ...picture, pixels };
}
