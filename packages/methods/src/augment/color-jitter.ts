import type { AugmentationOp } from '@crucible/contracts';
import type { Rng } from '../random/rng.ts';
import { brightness, contrast, saturation, shiftHue } from './color.ts';
import type { Picture } from './picture.ts';
import { between } from './random-box.ts';

type JitterStrengths = Omit<Extract<AugmentationOp, { op: 'color-jitter' }>, 'op' | 'probability'>;

/** Brightness, contrast, saturation and hue changed by random amounts, in random order. */
export function colorJitter(picture: Picture, strengths: JitterStrengths, rng: Rng): Picture {
  const factor = (strength: number): number => between(rng, [Math.max(0, 1 - strength), 1 + strength]);
  const changes: ((x: Picture) => Picture)[] = [];
  // all amounts are drawn before the order, so that each has its place in the stream
  for (const [strength, apply] of [
    [strengths.brightness, brightness],
    [strengths.contrast, contrast],
    [strengths.saturation, saturation],
  ] as const) {
    const amount = factor(strength);
    changes.push((x) => (strength === 0 ? x : apply(x, amount)));
  }
  const turns = between(rng, [-strengths.hue, strengths.hue]);
  changes.push((x) => (strengths.hue === 0 ? x : shiftHue(x, turns)));
  return rng.permutation(changes.length).reduce((x, i) => changes[i]?.(x) ?? x, picture);
}
