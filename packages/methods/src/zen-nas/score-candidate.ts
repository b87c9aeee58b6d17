import type { SuperBlock, ZenNasConfig } from '@crucible/contracts';
import type { Rng } from '../random/rng.ts';
import { zenScore } from './score.ts';
import { streamSource } from './score-source.ts';

/**
 * Mean Zen-score of a structure over the repeats `first` to `first + count - 1`. The draws of a repeat depend on seed,
 * structure and repeat alone.
 *
 * @param rng named streams of the job's seed
 */
export async function scoreCandidate(
  structure: string,
  blocks: readonly SuperBlock[],
  config: Pick<ZenNasConfig, 'score'>,
  resolution: number,
  rng: (name: string) => Rng,
  repeats: { first: number; count: number },
): Promise<number> {
  const { mode, alpha, batchSize } = config.score;
  let sum = 0;
  for (let i = 0; i < repeats.count; i++) {
    const source = streamSource(rng, structure, repeats.first + i);
    sum += (await zenScore(blocks, { mode, alpha, batchSize, resolution }, source)).score;
  }
  return sum / repeats.count;
}
