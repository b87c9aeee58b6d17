import type { SuperBlock } from '@crucible/contracts';
import { round8 } from '../nn/structure/round8.ts';
import type { Rng } from '../random/rng.ts';

/** `xxbl`: residual and bottleneck blocks; `idw_fixfc`: inverted depth-wise blocks, width of the last conv fixed. */
export type SpaceName = 'xxbl' | 'idw_fixfc';

/** What a mutation may make of a block. */
export interface SearchSpace {
  name: SpaceName;
  /** upper bound of every width; the released `idw_fixfc` has none */
  maxChannels: number;
  /** `repo`: types are drawn with the weights that the released code's list building gives them */
  typeSampling: 'uniform' | 'repo';
}

type BlockType = Pick<SuperBlock, 'family' | 'kernel' | 'expansion'> & { repoWeight: number };

const XXBL_TYPES: readonly BlockType[] = (['bl', 'xx'] as const).flatMap((family) =>
  [3, 5, 7].map((kernel) => ({ family, kernel, expansion: 1, repoWeight: kernel === 7 ? 2 : 3 })),
);

/** Counted over many draws of the released code: it extends one growing list, so earlier types come up more often. */
const IDW_REPO_WEIGHTS = [12, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2];

const IDW_TYPES: readonly BlockType[] = [3, 5, 7]
  .flatMap((kernel) => [1, 2, 4, 6].map((expansion) => ({ family: 'mb' as const, kernel, expansion })))
  .map((type, i) => ({ ...type, repoWeight: IDW_REPO_WEIGHTS[i] ?? 0 }));

const WIDTH_FACTORS = [2.5, 2, 1.5, 1.25, 1, 1 / 1.25, 1 / 1.5, 1 / 2, 1 / 2.5];

/** Widths that a width may become: nine multiples, clamped, rounded to 8, ascending, each once. */
export function widthChoices(width: number, maxChannels: number): number[] {
  const widths = WIDTH_FACTORS.map((factor) => round8(Math.min(maxChannels, Math.max(8, width * factor))));
  return [...new Set(widths)].sort((a, b) => a - b);
}

/** Numbers of layers that a number of layers may become, ascending. */
export function depthChoices(layers: number): number[] {
  return [-2, -1, 0, 1, 2].map((change) => layers + change).filter((choice) => choice >= 1);
}

/**
 * A block drawn from all that `block` may become; the block itself is among them. Input channels and stride stay.
 * With uniform sampling every combination of type, widths and depth is equally likely.
 */
export function drawReplacement(block: SuperBlock, space: SearchSpace, rng: Rng): SuperBlock {
  const widths = (width: number) => widthChoices(width, space.maxChannels);
  if (block.family === 'conv') {
    if (space.name === 'idw_fixfc' && block.kernel === 1) return block;
    const out = drawFrom(widths(block.out), rng);
    return { ...block, out, bottleneck: out, layers: 1 };
  }
  const types = space.name === 'xxbl' ? XXBL_TYPES : IDW_TYPES;
  const { family, kernel, expansion } =
    space.typeSampling === 'uniform' ? drawFrom(types, rng) : drawByRepoWeight(types, rng);
  return {
    ...block,
    family,
    kernel,
    expansion,
    out: drawFrom(widths(block.out), rng),
    bottleneck: drawFrom(widths(block.bottleneck), rng),
    layers: drawFrom(depthChoices(block.layers), rng),
  };
}

const drawFrom = <T>(choices: readonly T[], rng: Rng): T => choices[rng.below(choices.length)] as T;

const drawByRepoWeight = (types: readonly BlockType[], rng: Rng): BlockType => {
  let share = rng.below(types.reduce((sum, type) => sum + type.repoWeight, 0));
  for (const type of types) {
    if (share < type.repoWeight) return type;
    share -= type.repoWeight;
  }
  throw new RangeError('the weights of a search space must be positive');
};
