import { parseStructure, superBlocks, type ZenNasConfig } from '@crucible/contracts';
import { countStructure } from '../nn/structure/count.ts';
import { depthOf } from '../nn/structure/expand.ts';
import { type Candidate, ranked } from './search.ts';

/** The final population by falling score, each member with its depth and its cost by both counters. */
export function populationJson(
  population: readonly Candidate[],
  rescored: readonly Candidate[],
  config: Pick<ZenNasConfig, 'score'>,
  image: { resolution: number; classes: number },
): string {
  const again = new Map(rescored.map(({ structure, score }) => [structure, score]));
  const members = ranked(population).map(({ structure, score }) => {
    const blocks = superBlocks(parseStructure(structure));
    const exact = countStructure(blocks, { counter: 'exact', ...image });
    const repo = countStructure(blocks, { counter: 'repo', ...image });
    return {
      structure,
      score,
      rescored: again.get(structure) ?? null,
      depth: depthOf(blocks),
      exact: { params: exact.params, flops: exact.flops },
      repo: { params: repo.params, flops: repo.flops },
    };
  });
  return `${JSON.stringify({ scoreMode: config.score.mode, ...image, members }, null, 2)}\n`;
}
