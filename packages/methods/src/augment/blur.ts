import { type Picture, toByte } from './picture.ts';

/** Values further out than this many standard deviations have no weight. */
const REACH = 3;

/** Blurred with a Gaussian of standard deviation `sigma` pixels; beyond the edge the edge's pixels go on. */
export function gaussianBlur(picture: Picture, sigma: number): Picture {
  const { height, width, channels } = picture;
  const radius = Math.ceil(REACH * sigma);
  const weights = Float64Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * sigma ** 2)),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const across = new Float64Array(picture.pixels.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let j = -radius; j <= radius; j++) {
          const column = Math.min(width - 1, Math.max(0, x + j));
          sum += (weights[j + radius] as number) * (picture.pixels[(y * width + column) * channels + c] as number);
        }
        across[(y * width + x) * channels + c] = sum / total;
      }
  const pixels = new Uint8Array(across.length);
  const stride = width * channels;
  for (let y = 0; y < height; y++)
    for (let i = 0; i < stride; i++) {
      let sum = 0;
      for (let j = -radius; j <= radius; j++) {
        const row = Math.min(height - 1, Math.max(0, y + j));
        sum += (weights[j + radius] as number) * (across[row * stride + i] as number);
      }
      pixels[y * stride + i] = toByte(sum / total);
    }
  return { ...picture, pixels };
}

/** Weight of the pixel itself in the smoothed picture; its eight neighbours have 1. */
const CENTRE = 5;

/** Every inner byte's distance to its smoothed value times `factor`: below 1 softer, above 1 sharper. */
export function sharpness(picture: Picture, factor: number): Picture {
  const { height, width, channels } = picture;
  const pixels = picture.pixels.slice(); // the edge stays
  for (let y = 1; y < height - 1; y++)
    for (let x = 1; x < width - 1; x++)
      for (let c = 0; c < channels; c++) {
        const at = (y * width + x) * channels + c;
        const own = picture.pixels[at] as number;
        let sum = (CENTRE - 1) * own;
        for (let dy = -1; dy <= 1; dy++)
          for (let dx = -1; dx <= 1; dx++) sum += picture.pixels[at + (dy * width + dx) * channels] as number;
        const smooth = sum / (CENTRE + 8);
        pixels[at] = toByte(smooth + (own - smooth) * factor);
      }
  return { ...picture, pixels };
}
