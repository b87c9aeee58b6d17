import type { AugmentationOp, AugmentationPolicy } from '@crucible/contracts';
import type { Rng } from '../random/rng.ts';
import { gaussianBlur } from './blur.ts';
import { grayscale, solarize } from './color.ts';
import { colorJitter } from './color-jitter.ts';
import { erase } from './erase.ts';
import { flip, shift } from './geometry.ts';
import type { Picture } from './picture.ts';
import { randAugment } from './rand-augment.ts';
import { between, centralBox, randomBox } from './random-box.ts';
import { cropAndResize } from './resize.ts';

/**
 * A picture after every operation of a policy.
 *
 * @param rng the stream of this sample, epoch and view; operations draw from it one after the other
 * @param fill byte per channel for what is erased or comes in from outside: the mean of the dataset
 */
export function applyPolicy(picture: Picture, policy: AugmentationPolicy, rng: Rng, fill: readonly number[]): Picture {
  return policy.reduce((x, op) => applyOp(x, op, rng, fill), picture);
}

const applyOp = (picture: Picture, op: AugmentationOp, rng: Rng, fill: readonly number[]): Picture => {
  if ('probability' in op && rng.uniform() >= op.probability) return picture;
  const { height, width } = picture;
  switch (op.op) {
    case 'random-resized-crop': {
      const box = randomBox(rng, height, width, op.scale, op.ratio) ?? centralBox(height, width, op.ratio);
      return cropAndResize(picture, box, op.size ?? height, op.size ?? width);
    }
    case 'pad-crop': {
      const [padX, padY] = [op.padding ?? Math.floor(width / 8), op.padding ?? Math.floor(height / 8)];
      const shiftX = rng.below(2 * padX + 1) - padX;
      return shift(picture, shiftX, rng.below(2 * padY + 1) - padY);
    }
    case 'flip':
      return flip(picture);
    case 'color-jitter':
      return colorJitter(picture, op, rng);
    case 'grayscale':
      return grayscale(picture);
    case 'gaussian-blur':
      return gaussianBlur(picture, between(rng, op.sigma));
    case 'solarize':
      return solarize(picture, op.threshold);
    case 'cutout': {
      // the centre may be any pixel, so the square may be cut at the edge (arXiv:1708.04552)
      const [x, y] = [rng.below(width), rng.below(height)];
      const half = Math.floor(op.size / 2);
      const box = { top: y - half, left: x - half, height: op.size, width: op.size };
      return erase(picture, box, (channel) => fill[channel] as number);
    }
    case 'random-erasing': {
      // arXiv:1708.04896, algorithm 1; a picture where no drawn box fits stays as it is
      const box = randomBox(rng, height, width, op.area, op.ratio);
      if (box === null) return picture;
      return erase(picture, box, op.fill === 'noise' ? () => rng.below(256) : (channel) => fill[channel] as number);
    }
    case 'rand-augment':
      return randAugment(picture, op, rng, fill);
  }
};

/** Height and width of what leaves a policy. */
export function sizeAfterPolicy(policy: AugmentationPolicy, height: number, width: number): [number, number] {
  const crop = policy.findLast((op) => op.op === 'random-resized-crop' && op.size !== null);
  return crop?.op === 'random-resized-crop' && crop.size !== null ? [crop.size, crop.size] : [height, width];
}
