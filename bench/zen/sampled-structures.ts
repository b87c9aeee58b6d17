import { parseStructure, printStructure, type SuperBlock, superBlocks } from '@crucible/contracts';
import { createRng, mutate } from '@crucible/methods/testing';

export interface Sampling {
  /** where the walk begins */
  start: string;
  count: number;
  /** whether the walk may go there */
  isAllowed(blocks: readonly SuperBlock[]): boolean;
  /** whether a structure of the walk is taken. @defaultValue every one */
  isTaken?(blocks: readonly SuperBlock[]): boolean;
}

/** Steps of the walk from one structure that is taken to the next: far enough that they differ in most of their blocks. */
const STEPS_BETWEEN = 12;

/** Different structures of the space `xxbl` by a random walk of mutations, the same every time: no score has a say. */
export function sampledStructures({ start, count, isAllowed, isTaken = () => true }: Sampling): string[] {
  const found = new Set<string>();
  const options = {
    space: { name: 'xxbl', maxChannels: 2048, typeSampling: 'uniform' },
    mutation: 'repo',
    splitThreshold: 6,
  } as const;
  let blocks = superBlocks(parseStructure(start));
  let steps = 0;
  for (let draw = 0; found.size < count; draw += 1) {
    const child = mutate(blocks, 2, options, createRng(1, `bench/sampled-structures/${draw}`));
    if (!isAllowed(child)) continue;
    blocks = child;
    steps += 1;
    if (steps < STEPS_BETWEEN || !isTaken(blocks)) continue;
    found.add(printStructure(blocks));
    steps = 0;
  }
  return [...found];
}
