import * as tf from '@tensorflow/tfjs-core';
import type { Rng } from '../random/rng.ts';
import { drawImages, type ImagePair, type Shape4D } from './score-source.ts';

/** Images that are kept for the next candidate, in bytes; the oldest go first. */
const MAX_KEPT_BYTES = 2 ** 26;

interface KeptPair {
  clean: Float32Array;
  changed: Float32Array;
}

/** The images of a repeat, the same for every candidate. */
export type SharedImages = (repeat: number, shape: Shape4D, alpha: number) => Promise<ImagePair>;

/**
 * Images for a whole search: all candidates see those of the repeat. That is less to draw, and what chance puts into the
 * images no longer tells one candidate from another. They are kept on the host, from which engines read them.
 *
 * @param rng named streams of the job's seed
 */
export function sharedImages(rng: (name: string) => Rng): SharedImages {
  const kept = new Map<string, KeptPair>();
  const bytesKept = (): number => [...kept.values()].reduce((sum, { clean }) => sum + 2 * clean.byteLength, 0);
  return async (repeat, shape, alpha) => {
    const key = `${repeat} ${shape} ${alpha}`;
    let pair = kept.get(key);
    if (pair === undefined) {
      const drawn = drawImages((part) => rng(`zen-score/images/${repeat}/${part}`), shape, alpha);
      // copies: engines may hand out their own memory
      const [clean, changed] = [await drawn.clean.data<'float32'>(), await drawn.changed.data<'float32'>()];
      pair = { clean: clean.slice(), changed: changed.slice() };
      tf.dispose([drawn.clean, drawn.changed]);
      kept.set(key, pair);
      for (const [oldest] of kept) {
        if (kept.size === 1 || bytesKept() <= MAX_KEPT_BYTES) break;
        kept.delete(oldest);
      }
    }
    return { clean: tf.tensor4d(pair.clean, [...shape]), changed: tf.tensor4d(pair.changed, [...shape]) };
  };
}
