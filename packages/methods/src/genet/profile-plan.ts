import {
  firstOf,
  type GenetConfig,
  parseStructure,
  type SuperBlock,
  superBlocks,
  type UnitShape,
} from '@crucible/contracts';
import type { Dataset } from '../data/dataset.ts';
import { distinctShapes, type MeasurePlan, shapesOf } from '../latency/measure-plan.ts';
import { resolutionAfter, unitShapes } from '../latency/unit-shape.ts';
import type { Rng } from '../random/rng.ts';
import { chosenBlock, drawChoices, type Position, withChoices } from './space.ts';
import { stageShapes } from './stage-kinds.ts';

/** Networks of the space that the constant of the predictor is fitted to. */
const CALIBRATION_NETWORKS = 5;

/**
 * What a profile measures: each type in each place at all widths, going in and coming out, since latency is no smooth
 * function of width; the kinds of block at equal work; whole networks, drawn from the space.
 *
 * @param blocks the master
 * @param rng of the networks that are drawn
 */
export function profilePlan(
  config: GenetConfig,
  dataset: Dataset,
  blocks: readonly SuperBlock[],
  positions: readonly Position[],
  rng: (name: string) => Rng,
): MeasurePlan {
  const image = { input: dataset, classes: dataset.classes };
  const draw = (what: string, count: number) =>
    Array.from({ length: count }, (_, i) =>
      withChoices(blocks, positions, drawChoices(positions, rng(`profile/${what}/${i}`))),
    );
  const given = [blocks, ...config.latency.structures.map((text) => superBlocks(parseStructure(text)))];
  return {
    ...image,
    units: distinctShapes([
      ...shapesOf(image, given),
      ...spaceShapes(blocks, positions, dataset),
      ...stageShapes(blocks, positions, dataset.height).flatMap(({ kinds }) => kinds.map(({ shape }) => shape)),
    ]),
    calibration: draw('calibration', CALIBRATION_NETWORKS),
    heldOut: [...given, ...draw('networks', config.latency.networks)],
  };
}

/** The units of every block of the space; behind the last one the head. */
const spaceShapes = (blocks: readonly SuperBlock[], positions: readonly Position[], dataset: Dataset): UnitShape[] => {
  const shapes: UnitShape[] = [];
  let resolution = dataset.height;
  let entering: readonly number[] = [firstOf(blocks).in];
  blocks.forEach((block, at) => {
    const image = { resolution, classes: dataset.classes };
    const position = positions.find((candidate) => candidate.at === at);
    const candidates = position === undefined ? [block] : spaceBlocks(block, position);
    for (const width of entering)
      for (const candidate of candidates) {
        const units = unitShapes([{ ...candidate, in: width }], image);
        shapes.push(...(at === blocks.length - 1 ? units : units.slice(0, -1)));
      }
    resolution = resolutionAfter(firstOf(unitShapes([block], image)));
    entering = position === undefined ? [block.out] : position.widths;
  });
  return shapes;
};

/** All types of a place at all its widths, with a second layer where there may be one. */
const spaceBlocks = (block: SuperBlock, position: Position): SuperBlock[] => {
  const layers = Math.min(2, position.depths.at(-1) ?? 1);
  return position.types.flatMap((type) => position.widths.map((out) => chosenBlock(block, { type, layers, out })));
};
