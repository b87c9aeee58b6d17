import type { Rng } from '../random/rng.ts';
import type { Problem, Sample } from './problem.ts';

/** What is drawn for each seed. */
export interface SeedData {
  /** by seed */
  truths: readonly Float64Array[];
  starts: readonly Float64Array[];
  /** `count` samples of every seed; smaller ones are the first rows of larger ones. */
  samples(count: number): readonly Sample[];
}

/** Draws truth and start of every seed; samples are drawn when they are asked for, and the last ones kept. */
export function drawSeeds(problem: Problem, seeds: number, rng: (name: string) => Rng): SeedData {
  const each = <T>(draw: (seed: number) => T): T[] => Array.from({ length: seeds }, (_, seed) => draw(seed));
  const truths = each((seed) => problem.truth(rng(`truth/${seed}`)));
  let last: readonly Sample[] = [];
  return {
    truths,
    starts: each((seed) => problem.start(rng(`start/${seed}`))),
    samples(count) {
      if (last[0]?.count !== count)
        last = each((seed) =>
          problem.sample(truths[seed] as Float64Array, count, rng(`features/${seed}`), rng(`noise/${seed}`)),
        );
      return last;
    },
  };
}
