import type { SuperBlock, ZenNasConfig } from '@crucible/contracts';
import type { Rng } from '../random/rng.ts';
import { PROXIES } from './proxy/proxies.ts';

/**
 * Mean score of a structure, by the proxy of the config, over the repeats `first` to `first + count - 1`. The draws of
 * a repeat depend on seed, structure and repeat alone.
 *
 * @param rng named streams of the job's seed
 */
export async function scoreCandidate(
  structure: string,
  blocks: readonly SuperBlock[],
  config: Pick<ZenNasConfig, 'score'>,
  image: { resolution: number; classes: number },
  rng: (name: string) => Rng,
  repeats: { first: number; count: number },
): Promise<number> {
  const { proxy, mode, alpha, batchSize } = config.score;
  const { resolution, classes } = image;
  let sum = 0;
  for (let i = 0; i < repeats.count; i++) {
    const ofRepeat = (part: string): Rng => rng(`zen-score/${structure}/${repeats.first + i}/${part}`);
    sum += await PROXIES[proxy]({ blocks, batchSize, resolution, classes, mode, alpha, rng: ofRepeat });
  }
  return sum / repeats.count;
}
