import type { SuperBlock } from '@crucible/contracts';

/**
 * Cuts every residual super block of `threshold` layers or more in two of the same type: half the threshold first,
 * the rest after it with stride 1. Without links the function class stays the same; with links the second part gains
 * a projection.
 *
 * @param threshold even, at least 4
 */
export function splitDeepBlocks(blocks: readonly SuperBlock[], threshold: number): SuperBlock[] {
  return blocks.flatMap((block) => {
    const parts: SuperBlock[] = [];
    let rest = block;
    while (rest.family !== 'conv' && rest.layers >= threshold) {
      parts.push({ ...rest, layers: threshold / 2 });
      rest = { ...rest, in: rest.out, stride: 1, layers: rest.layers - threshold / 2 };
    }
    return [...parts, rest];
  });
}
