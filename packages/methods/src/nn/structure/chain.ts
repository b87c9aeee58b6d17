import type { SuperBlock } from '@crucible/contracts';

/** The blocks with each one's input channels set to what the block before it gives; the first keeps its own. */
export function rechained(blocks: readonly SuperBlock[]): SuperBlock[] {
  let channels: number | null = null;
  return blocks.map((block) => {
    const fitted: SuperBlock = channels === null ? block : { ...block, in: channels };
    channels = block.out;
    return fitted;
  });
}
