/** @file What benchmarks and reproductions measure of the methods. */
export { countStructure } from './nn/structure/count.ts';
export { depthOf } from './nn/structure/expand.ts';
export { PUBLISHED_STRUCTURES } from './nn/structure/published.ts';
export { createRng } from './random/create-rng.ts';
export { kendallTau } from './statistics/rank-correlation.ts';
export { mutate } from './zen-nas/mutate.ts';
export { type PlainStack, resnetStack, structureStack } from './zen-nas/plain-stack.ts';
export { type ScoreMode, type ScoreOptions, zenScore } from './zen-nas/score.ts';
export { type NormalSource, streamSource } from './zen-nas/score-source.ts';
export { emptySearch, type SearchOptions, type SearchState, searchStep } from './zen-nas/search.ts';
export { sharedImages } from './zen-nas/shared-images.ts';
export { startStructure } from './zen-nas/start-structure.ts';
