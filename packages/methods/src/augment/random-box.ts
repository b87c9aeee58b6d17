import type { Rng } from '../random/rng.ts';
import type { Box } from './resize.ts';

const ATTEMPTS = 10;

/** Uniform in [low, high). */
export const between = (rng: Rng, [low, high]: readonly number[]): number =>
  (low as number) + ((high as number) - (low as number)) * rng.uniform();

/**
 * A box of random area, shape and place inside `height` x `width`, or null if none of ten drawn ones fits.
 *
 * @param area lowest and highest share of the whole area, uniform
 * @param ratio lowest and highest width over height, uniform on a logarithmic scale
 */
export function randomBox(
  rng: Rng,
  height: number,
  width: number,
  area: readonly number[],
  ratio: readonly number[],
): Box | null {
  const logRatio = ratio.map(Math.log);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const target = height * width * between(rng, area);
    const shape = Math.exp(between(rng, logRatio));
    const box = { width: Math.round(Math.sqrt(target * shape)), height: Math.round(Math.sqrt(target / shape)) };
    if (box.width < 1 || box.height < 1 || box.width > width || box.height > height) continue;
    return { ...box, top: rng.below(height - box.height + 1), left: rng.below(width - box.width + 1) };
  }
  return null;
}

/** The largest box in the middle whose width over height lies within `ratio`. */
export function centralBox(height: number, width: number, ratio: readonly number[]): Box {
  const [low, high] = ratio as [number, number];
  const shape = width / height;
  const box =
    shape < low
      ? { width, height: Math.max(1, Math.round(width / low)) }
      : shape > high
        ? { width: Math.max(1, Math.round(height * high)), height }
        : { width, height };
  return { ...box, top: Math.floor((height - box.height) / 2), left: Math.floor((width - box.width) / 2) };
}
