import type { SampleOrder } from '@crucible/contracts';
import type { Rng } from '../random/rng.ts';

/**
 * The samples of a pass, from 0, in the order in which they are visited. It depends on seed, number of samples and pass
 * alone: not on how many passes will follow, nor on what runs beside it.
 */
export function sampleOrder(
  kind: SampleOrder,
  seed: number,
  count: number,
  pass: number,
  rng: (name: string) => Rng,
): Int32Array {
  const stream = rng(`order/${seed}/${count}/${kind === 'single-shuffle' ? 0 : pass}`);
  return kind === 'replacement'
    ? Int32Array.from({ length: count }, () => stream.below(count))
    : stream.permutation(count);
}
