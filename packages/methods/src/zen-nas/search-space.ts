import { genetWidth, isGenet, type SpaceName, type SuperBlock } from '@crucible/contracts';
import { round8 } from '../nn/structure/round8.ts';
import type { Rng } from '../random/rng.ts';

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

/** GENet's search space: kernels 3 and 5, bottleneck ratios 1/4 and 1/2, depth-wise ratios 3, 6 and 9. */
const GENET_TYPES: readonly BlockType[] = [3, 5].flatMap((kernel) =>
  [
    { family: 'genet-xx' as const, ratios: [1] },
    { family: 'genet-bl' as const, ratios: [0.25, 0.5] },
    { family: 'genet-dw' as const, ratios: [3, 6, 9] },
  ].flatMap(({ family, ratios }) => ratios.map((expansion) => ({ family, kernel, expansion, repoWeight: 1 }))),
);

/** The two blocks of ResNet, whose links are identities wherever the shape stays. */
const RESNET_TYPES: readonly BlockType[] = [
  { family: 'genet-xx', kernel: 3, expansion: 1, repoWeight: 1 },
  { family: 'genet-bl', kernel: 3, expansion: 0.25, repoWeight: 1 },
];

/** What the residual blocks of each space may be; released code has weights for the first two alone. */
const TYPES: Readonly<Record<SpaceName, readonly BlockType[]>> = {
  xxbl: XXBL_TYPES,
  idw_fixfc: IDW_TYPES,
  genet: GENET_TYPES,
  resnet: RESNET_TYPES,
};

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

/** How a mutation draws sizes. */
interface Sizes {
  width: (width: number) => number;
  layers: (layers: number) => number;
}

/**
 * A block drawn from all that `block` may become; the block itself is among them. Input channels and stride stay.
 * With uniform sampling every combination of type, widths and depth is equally likely.
 */
export function drawReplacement(block: SuperBlock, space: SearchSpace, rng: Rng): SuperBlock {
  return drawBlock(block, space, rng, {
    width: (width) => drawFrom(widthChoices(width, space.maxChannels), rng),
    layers: (layers) => drawFrom(depthChoices(layers), rng),
  });
}

/** As `drawReplacement`, but each width and the depth are multiplied by a uniform factor in [1/2, 2], as the paper says. */
export function drawByFactors(block: SuperBlock, space: SearchSpace, rng: Rng): SuperBlock {
  const scaled = (size: number) => size * (0.5 + 1.5 * rng.uniform());
  return drawBlock(block, space, rng, {
    width: (width) => round8(Math.min(space.maxChannels, Math.max(8, scaled(width)))),
    layers: (layers) => Math.max(1, Math.round(scaled(layers))),
  });
}

function drawBlock(block: SuperBlock, space: SearchSpace, rng: Rng, sizes: Sizes): SuperBlock {
  if (block.family === 'conv') {
    if (space.name === 'idw_fixfc' && block.kernel === 1) return block;
    const out = sizes.width(block.out);
    return { ...block, out, bottleneck: out, layers: 1 };
  }
  const types = TYPES[space.name];
  const { family, kernel, expansion } =
    space.typeSampling === 'uniform' ? drawFrom(types, rng) : drawByRepoWeight(types, rng);
  const type = { ...block, family, kernel, expansion };
  const out = sizes.width(block.out);
  // in GENet's blocks the inner width follows from the outer one
  const bottleneck = isGenet(type) ? genetWidth(out, expansion) : sizes.width(block.bottleneck);
  return { ...type, out, bottleneck, layers: sizes.layers(block.layers) };
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
