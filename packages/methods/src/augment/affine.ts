import type { Picture } from './picture.ts';

/** `[a, b, c, d]`: where offsets (x, y) from the centre of the result come from: `(a x + b y, c x + d y)`. */
export type LinearMap = readonly [number, number, number, number];

/**
 * Pixel at offset `p` from the centre of the result is the nearest pixel to `map(p) + (moveX, moveY)` of the picture.
 *
 * @param fill byte per channel of what lies outside
 */
export function affine(
  picture: Picture,
  [a, b, c, d]: LinearMap,
  moveX: number,
  moveY: number,
  fill: readonly number[],
): Picture {
  const { height, width, channels } = picture;
  const pixels = new Uint8Array(picture.pixels.length);
  let to = 0;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [dx, dy] = [x + 0.5 - width / 2, y + 0.5 - height / 2];
      const sourceX = Math.floor(a * dx + b * dy + moveX + width / 2);
      const sourceY = Math.floor(c * dx + d * dy + moveY + height / 2);
      const inside = sourceX >= 0 && sourceX < width && sourceY >= 0 && sourceY < height;
      const from = (sourceY * width + sourceX) * channels;
      for (let k = 0; k < channels; k++)
        pixels[to++] = inside ? (picture.pixels[from + k] as number) : (fill[k] as number);
    }
  return { ...picture, pixels };
}

/** Turned by `degrees` about its centre, clockwise as displayed. */
export const rotate = (picture: Picture, degrees: number, fill: readonly number[]): Picture => {
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  return affine(picture, [cos, sin, -sin, cos], 0, 0, fill);
};
