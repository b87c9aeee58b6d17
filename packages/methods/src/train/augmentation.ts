import type { Rng } from '../random/rng.ts';

/** `crop-flip`: a window of the picture padded by an eighth on every side, then perhaps mirrored. */
export type Augmentation = 'none' | 'flip' | 'crop-flip';

/** What happens to each sample of an epoch, by its place in the epoch's order. */
export interface AugmentationPlan {
  /** pixels that the window is moved right and down; negative moves it the other way */
  shiftX: Int8Array;
  shiftY: Int8Array;
  /** 1: mirrored left to right */
  flip: Uint8Array;
}

/** Draws the plan of `count` samples of `height` x `width` pixels. */
export function planAugmentation(
  kind: Augmentation,
  count: number,
  height: number,
  width: number,
  rng: Rng,
): AugmentationPlan {
  const plan: AugmentationPlan = {
    shiftX: new Int8Array(count),
    shiftY: new Int8Array(count),
    flip: new Uint8Array(count),
  };
  if (kind === 'none') return plan;
  const [padX, padY] = kind === 'crop-flip' ? [Math.floor(width / 8), Math.floor(height / 8)] : [0, 0];
  for (let i = 0; i < count; i++) {
    plan.flip[i] = rng.uint32() & 1;
    if (kind === 'flip') continue;
    plan.shiftX[i] = rng.below(2 * padX + 1) - padX;
    plan.shiftY[i] = rng.below(2 * padY + 1) - padY;
  }
  return plan;
}
