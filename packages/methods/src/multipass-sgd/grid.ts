import type { MultipassSgdConfig } from '@crucible/contracts';
import type { Rng } from '../random/rng.ts';
import type { Problem } from './problem.ts';
import type { SeedData } from './seed-data.ts';

/** What all cells of a job share. A cell has a run for every seed and step size, laid out `[seeds, step sizes, p]`. */
export interface Grid {
  readonly config: MultipassSgdConfig;
  readonly problem: Problem;
  readonly data: SeedData;
  /** from small to large */
  readonly stepSizes: readonly number[];
  readonly seeds: number;
  /** named streams of the job's seed */
  readonly rng: (name: string) => Rng;
}
