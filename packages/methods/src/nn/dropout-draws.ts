import type { Rng } from '../random/rng.ts';

/** The streams of a model's dropout: one per layer, pass and step, so that a resumed training draws the same. */
export interface DropoutDraws {
  beginStep(step: number): void;
  /** The next stream of the step. @throws Error before the first step: then nobody says which one it is */
  next(): Rng;
}

/** @param rng named streams of the job's seed */
export function dropoutDraws(rng: (name: string) => Rng): DropoutDraws {
  let step: number | null = null;
  let taken = 0;
  return {
    beginStep(next) {
      step = next;
      taken = 0;
    },
    next() {
      if (step === null) throw new Error('a model with dropout needs beginStep before a training pass');
      taken += 1;
      return rng(`nn/dropout/${step}/${taken}`);
    },
  };
}
