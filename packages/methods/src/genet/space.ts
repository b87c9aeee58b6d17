/** @file The networks near a master: at every block of GENet's kinds a type, a depth and a width. */
import { type GenetConfig, genetWidth, type SuperBlock } from '@crucible/contracts';
import { rechained } from '../nn/structure/chain.ts';
import { round8 } from '../nn/structure/round8.ts';
import type { Rng } from '../random/rng.ts';

/** A kind of block with its kernel and ratio: each has coefficients of its own. */
export interface BlockType {
  family: 'genet-xx' | 'genet-bl' | 'genet-dw';
  kernel: number;
  /** inner over outer width */
  ratio: number;
}

/** What may stand in one place. */
export interface Choice {
  type: BlockType;
  layers: number;
  out: number;
}

/** A block of the master that may change, with what it may become. */
export interface Position {
  /** index of the block in the structure */
  at: number;
  master: Choice;
  types: readonly BlockType[];
  /** ascending; the master's is among them */
  depths: readonly number[];
  widths: readonly number[];
}

/** A type as short text, such as `xx k3 x1`: what tables and artifacts name it by. */
export const typeName = ({ family, kernel, ratio }: BlockType): string =>
  `${family.slice('genet-'.length)} k${kernel} x${ratio}`;

const isFamily = (family: SuperBlock['family']): family is BlockType['family'] =>
  family === 'genet-xx' || family === 'genet-bl' || family === 'genet-dw';

/** The places of a structure that may change. Widths stay within half and twice the master's, depths within half of it. */
export function positionsOf(blocks: readonly SuperBlock[], space: GenetConfig['space']): Position[] {
  return blocks.flatMap((block, at) => {
    const { family, kernel, expansion: ratio, layers, out } = block;
    if (!isFamily(family)) return [];
    const own: BlockType = { family, kernel, ratio };
    const allowed = typesOf(space).filter((type) => space.changeKind || type.family === family);
    const isOwn = (type: BlockType): boolean => typeName(type) === typeName(own);
    const widths = space.widthFactors
      .filter((factor) => factor >= 0.5 && factor <= 2)
      .map((factor) => Math.max(8, round8(out * factor)));
    const reach = Math.min(space.deltaDepth, Math.floor(layers / 2));
    return {
      at,
      master: { type: own, layers, out },
      types: allowed.some(isOwn) ? allowed : [own, ...allowed],
      depths: Array.from({ length: 2 * reach + 1 }, (_, i) => layers - reach + i),
      widths: [...new Set([...widths, out])].sort((a, b) => a - b),
    };
  });
}

const typesOf = ({ kernels, blRatios, dwRatios }: GenetConfig['space']): BlockType[] =>
  kernels.flatMap((kernel) => [
    { family: 'genet-xx' as const, kernel, ratio: 1 },
    ...blRatios.map((ratio) => ({ family: 'genet-bl' as const, kernel, ratio })),
    ...dwRatios.map((ratio) => ({ family: 'genet-dw' as const, kernel, ratio })),
  ]);

/** The block of a choice in the place of `block`. */
export const chosenBlock = (block: SuperBlock, { type, layers, out }: Choice): SuperBlock => ({
  ...block,
  label: null,
  family: type.family,
  kernel: type.kernel,
  expansion: type.ratio,
  layers,
  out,
  bottleneck: genetWidth(out, type.ratio),
});

/** The structure with one choice per position. */
export function withChoices(
  blocks: readonly SuperBlock[],
  positions: readonly Position[],
  choices: readonly Choice[],
): SuperBlock[] {
  const changed = [...blocks];
  positions.forEach(({ at }, i) => {
    changed[at] = chosenBlock(blocks[at] as SuperBlock, choices[i] as Choice);
  });
  return rechained(changed);
}

/** A choice per position, each drawn evenly from all that may stand there. */
export const drawChoices = (positions: readonly Position[], rng: Rng): Choice[] =>
  positions.map(({ types, depths, widths }) => ({
    type: draw(types, rng),
    layers: draw(depths, rng),
    out: draw(widths, rng),
  }));

const draw = <T>(items: readonly T[], rng: Rng): T => items[rng.below(items.length)] as T;

/**
 * The master with all widths scaled alike, types and depths as they are: the widest that `fits`, of widths that are
 * multiples of 8.
 *
 * @returns null if not even a quarter of the widths fits
 */
export function uniformlyScaled(
  blocks: readonly SuperBlock[],
  positions: readonly Position[],
  fits: (blocks: readonly SuperBlock[]) => boolean,
): Choice[] | null {
  for (let percent = 200; percent >= 25; percent -= 1) {
    const choices = positions.map(({ master }) => ({
      ...master,
      out: Math.max(8, round8((master.out * percent) / 100)),
    }));
    if (fits(withChoices(blocks, positions, choices))) return choices;
  }
  return null;
}
