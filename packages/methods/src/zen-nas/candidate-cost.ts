import type { SuperBlock } from '@crucible/contracts';
import { type Counter, countStructure } from '../nn/structure/count.ts';
import { depthOf } from '../nn/structure/expand.ts';

/** What a candidate costs. Counted with links and without squeeze-and-excitation. */
export interface CandidateCost {
  depth: number;
  params: number;
  /** multiply-accumulates of one image */
  flops: number;
}

/** Input and output of the network that is counted. */
export interface CountedImage {
  resolution: number;
  classes: number;
}

export function candidateCost(blocks: readonly SuperBlock[], counter: Counter, image: CountedImage): CandidateCost {
  const { params, flops } = countStructure(blocks, { counter, ...image });
  return { depth: depthOf(blocks), params, flops };
}

/**
 * Bytes of the float32 activations of one image that a training step keeps for the backward pass: one element for each
 * that a convolution, projections included, hands to its batch normalisation.
 */
export const activationBytes = (blocks: readonly SuperBlock[], image: CountedImage): number =>
  Float32Array.BYTES_PER_ELEMENT * countStructure(blocks, { counter: 'exact', ...image }).normalised;
