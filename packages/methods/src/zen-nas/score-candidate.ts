import type { SuperBlock, ZenNasConfig } from '@crucible/contracts';
import type { Rng } from '../random/rng.ts';
import { PROXIES } from './proxy/proxies.ts';
import { type SharedImages, sharedImages } from './shared-images.ts';

/** Where the random numbers of a job's scorings come from. */
export interface ScoreStreams {
  /** named streams of the job's seed */
  rng: (name: string) => Rng;
  images: SharedImages;
}

/** The streams of a phase, which scores many candidates. */
export const scoreStreams = (rng: (name: string) => Rng): ScoreStreams => ({ rng, images: sharedImages(rng) });

/**
 * Mean score of a structure, by the proxy of the config, over the repeats `first` to `first + count - 1`. The draws of
 * a repeat depend on seed, structure and repeat alone.
 */
export async function scoreCandidate(
  structure: string,
  blocks: readonly SuperBlock[],
  config: Pick<ZenNasConfig, 'score'>,
  image: { resolution: number; classes: number },
  { rng, images }: ScoreStreams,
  repeats: { first: number; count: number },
): Promise<number> {
  const { proxy, mode, alpha, batchSize } = config.score;
  const { resolution, classes } = image;
  let sum = 0;
  for (let i = 0; i < repeats.count; i++) {
    const repeat = repeats.first + i;
    sum += await PROXIES[proxy]({
      blocks,
      batchSize,
      resolution,
      classes,
      mode,
      alpha,
      rng: (part) => rng(`zen-score/${structure}/${repeat}/${part}`),
      images: (shape, size) => images(repeat, shape, size),
    });
  }
  return sum / repeats.count;
}
