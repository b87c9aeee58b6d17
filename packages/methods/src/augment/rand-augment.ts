/**
 * @file RandAugment (arXiv:1909.13719, section 3 and figure 2): N operations drawn uniformly, with replacement, out of
 * fourteen, all of one strength M. At M = 10 they have the largest values of AutoAugment (arXiv:1805.09501, table 6).
 *
 * Differs from the paper: M may be any number from 0 to 10; shear, rotation, translation and the four enhancements go
 * either way by a coin; what comes in from outside has the mean of the dataset instead of mid-grey.
 */
import type { Rng } from '../random/rng.ts';
import { affine, rotate } from './affine.ts';
import { sharpness } from './blur.ts';
import { brightness, contrast, posterize, saturation, solarize } from './color.ts';
import { autoContrast, equalize } from './histogram.ts';
import type { Picture } from './picture.ts';

const MAX_MAGNITUDE = 10;
const MAX_SHEAR = 0.3;
/** share of the side */
const MAX_TRANSLATION = 150 / 331;
const MAX_DEGREES = 30;
const MAX_ENHANCEMENT = 0.9;
const POSTERIZED_BITS = 4;

/** @param signed the strength in [-1, 1], of random sign */
type RandAugmentOp = (picture: Picture, signed: number, fill: readonly number[]) => Picture;

/** The operations in the order of the paper. */
export const RAND_AUGMENT_OPS = {
  identity: (picture) => picture,
  'auto-contrast': autoContrast,
  equalize,
  rotate: (picture, signed, fill) => rotate(picture, MAX_DEGREES * signed, fill),
  solarize: (picture, signed) => solarize(picture, Math.round(256 * (1 - Math.abs(signed)))),
  color: (picture, signed) => saturation(picture, 1 + MAX_ENHANCEMENT * signed),
  posterize: (picture, signed) => posterize(picture, 8 - Math.round(POSTERIZED_BITS * Math.abs(signed))),
  contrast: (picture, signed) => contrast(picture, 1 + MAX_ENHANCEMENT * signed),
  brightness: (picture, signed) => brightness(picture, 1 + MAX_ENHANCEMENT * signed),
  sharpness: (picture, signed) => sharpness(picture, 1 + MAX_ENHANCEMENT * signed),
  'shear-x': (picture, signed, fill) => affine(picture, [1, MAX_SHEAR * signed, 0, 1], 0, 0, fill),
  'shear-y': (picture, signed, fill) => affine(picture, [1, 0, MAX_SHEAR * signed, 1], 0, 0, fill),
  'translate-x': (picture, signed, fill) =>
    affine(picture, [1, 0, 0, 1], Math.round(MAX_TRANSLATION * signed * picture.width), 0, fill),
  'translate-y': (picture, signed, fill) =>
    affine(picture, [1, 0, 0, 1], 0, Math.round(MAX_TRANSLATION * signed * picture.height), fill),
} as const satisfies Record<string, RandAugmentOp>;

const OPS: readonly RandAugmentOp[] = Object.values(RAND_AUGMENT_OPS);

/** `numOps` operations drawn from `rng`, one after the other. */
export function randAugment(
  picture: Picture,
  { numOps, magnitude }: { numOps: number; magnitude: number },
  rng: Rng,
  fill: readonly number[],
): Picture {
  let result = picture;
  for (let i = 0; i < numOps; i++) {
    const apply = OPS[rng.below(OPS.length)] as RandAugmentOp;
    const sign = rng.below(2) === 0 ? -1 : 1;
    result = apply(result, (sign * magnitude) / MAX_MAGNITUDE, fill);
  }
  return result;
}
