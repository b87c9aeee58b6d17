import type { WeMixConfig } from '@crucible/contracts';
import { cutmix, type Mixed, mixup, type TargetBatch } from '../augment/mix-batch.ts';
import type { Rng } from '../random/rng.ts';

/** Augmented copies of a batch, one set after the other. */
export interface Copies extends TargetBatch {
  /** mean share of the first image where samples are mixed; null else */
  mixRatio: number | null;
}

/**
 * Mixed copies of a batch of originals.
 *
 * @param rng the stream of each copy, by its number
 */
export function mixedCopies(
  originals: TargetBatch,
  augmented: Exclude<WeMixConfig['augmented'], { kind: 'policy' }>,
  copies: number,
  rng: (copy: number) => Rng,
): Copies {
  const sets = Array.from(
    { length: copies },
    (_, copy): Mixed =>
      augmented.kind === 'mixup'
        ? mixup(originals, augmented.alpha, rng(copy), augmented.ratioPer)
        : cutmix(originals, augmented.alpha, rng(copy)),
  );
  const mixRatio = sets.reduce((sum, set) => sum + set.mixRatio, 0) / copies;
  return { ...joined(sets), mixRatio };
}

/** Batches of images of one size as one. */
export function joined(sets: readonly TargetBatch[]): TargetBatch {
  const [first] = sets;
  if (first === undefined) throw new RangeError('there is nothing to join');
  if (sets.length === 1) return first;
  return {
    ...first,
    images: concatenated(sets.map(({ images }) => images)),
    targets: concatenated(sets.map(({ targets }) => targets)),
    size: sets.reduce((sum, { size }) => sum + size, 0),
  };
}

const concatenated = (parts: readonly Float32Array[]): Float32Array => {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

/** Mean distance of target rows from the one-hot row of their largest entry: `delta_y` of section 4 for mixed labels. */
export function labelShift({ targets, size }: TargetBatch): number {
  const classes = targets.length / size;
  let sum = 0;
  for (let b = 0; b < size; b++) {
    const row = targets.subarray(b * classes, (b + 1) * classes);
    let [squares, largest] = [0, 0];
    for (const t of row) {
      squares += t * t;
      if (t > largest) largest = t;
    }
    sum += Math.sqrt(Math.max(0, squares - largest ** 2 + (1 - largest) ** 2));
  }
  return sum / size;
}
