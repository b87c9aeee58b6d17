import type { Picture } from './picture.ts';
import type { Box } from './resize.ts';

/** The pixels of `box`, as far as they lie in the picture, replaced by what `byteOf` gives for each channel. */
export function erase(picture: Picture, box: Box, byteOf: (channel: number) => number): Picture {
  const { height, width, channels } = picture;
  const pixels = picture.pixels.slice();
  for (let y = Math.max(0, box.top); y < Math.min(height, box.top + box.height); y++)
    for (let x = Math.max(0, box.left); x < Math.min(width, box.left + box.width); x++)
      for (let c = 0; c < channels; c++) pixels[(y * width + x) * channels + c] = byteOf(c);
  return { ...picture, pixels };
}
