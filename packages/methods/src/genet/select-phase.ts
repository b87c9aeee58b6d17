/** @file From measured variants to the networks that are worth training: regression, then selection under the budget. */
import type { GenetConfig, LatencyTable, SuperBlock } from '@crucible/contracts';
import type { Dataset } from '../data/dataset.ts';
import { type LatencyPredictor, latencyPredictor } from '../latency/predict.ts';
import { unitShapes } from '../latency/unit-shape.ts';
import type { Rng } from '../random/rng.ts';
import type { Variant } from './distil-phase.ts';
import { fitType, type LinearModel, predictedChange, type Sample } from './ridge.ts';
import { InfeasibleError, type Selection, selectBest } from './select.ts';
import {
  type Choice,
  chosenBlock,
  drawChoices,
  type Position,
  typeName,
  uniformlyScaled,
  withChoices,
} from './space.ts';

/** Why a network is trained at the end. */
export type Role = 'selected' | 'scaled' | 'master' | 'random';

/** A network to train from scratch. */
export interface Nominee {
  role: Role;
  blocks: SuperBlock[];
  predictedGain: number;
  predictedMs: number;
}

/** What the selection came to. */
export interface Nominations {
  models: LinearModel[];
  budgetMs: number;
  masterMs: number;
  /** states of the dynamic programme */
  states: number;
  nominees: Nominee[];
}

/** Draws of a network that keeps the budget, before the search for one is given up. */
const MOST_DRAWS = 10_000;

/** A linear model per place and type that was sampled; the master itself counts as a sample of its own type. */
export function fitModels(
  positions: readonly Position[],
  variants: readonly Variant[],
  changes: readonly number[],
  ridge: number,
): LinearModel[] {
  return positions.flatMap((position, index) => {
    const samples: Sample[] = variants.flatMap((variant, i) =>
      variant.position === index ? [{ choice: variant.choice, change: changes[i] as number }] : [],
    );
    samples.push({ choice: position.master, change: 0 });
    return position.types.flatMap((type) => {
      const ofType = samples.filter(({ choice }) => typeName(choice.type) === typeName(type));
      return ofType.length === 0 ? [] : [fitType(index, position, ofType, ridge)];
    });
  });
}

/**
 * The networks to train: the best by predicted gain, the master scaled to the same budget, the master itself, and some
 * drawn at random from those within the budget.
 *
 * @throws InfeasibleError if nothing keeps the budget
 */
export function selectPhase(
  config: GenetConfig,
  dataset: Dataset,
  blocks: readonly SuperBlock[],
  positions: readonly Position[],
  table: LatencyTable,
  models: LinearModel[],
  rng: (name: string) => Rng,
): Nominations {
  const { search } = config;
  const image = { resolution: dataset.height, classes: dataset.classes };
  const predictor = latencyPredictor(table);
  const latencyOf = (network: readonly SuperBlock[]): number => predictor.network(network, image);
  const gainOf = gains(positions, models);
  const masterMs = latencyOf(blocks);
  const budgetMs = search.milliseconds ?? search.masterShare * masterMs;
  const nominee = (role: Role, choices: readonly Choice[]): Nominee => {
    const network = withChoices(blocks, positions, choices);
    const predictedGain = choices.reduce((sum, choice, i) => sum + (gainOf(i, choice) ?? 0), 0);
    return { role, blocks: network, predictedGain, predictedMs: latencyOf(network) };
  };
  const selection = selectionOf({ blocks, positions, table, budgetMs, bins: search.bins, gainOf, image, predictor });
  const { found, states } = selectBest(selection, search.topM);
  const fits = (network: readonly SuperBlock[]): boolean => latencyOf(network) <= budgetMs;
  const scaled = uniformlyScaled(blocks, positions, fits);
  const random = Array.from({ length: search.randomNetworks }, (_, i) =>
    drawFeasible(blocks, positions, fits, gainOf, rng(`select/random/${i}`), budgetMs),
  );
  return {
    models,
    budgetMs,
    masterMs,
    states,
    nominees: [
      ...found.map(({ choices }) => nominee('selected', choices)),
      ...(scaled === null ? [] : [nominee('scaled', scaled)]),
      nominee(
        'master',
        positions.map(({ master }) => master),
      ),
      ...random.map((choices) => nominee('random', choices)),
    ],
  };
}

/** Predicted gain of a choice; null for a type that was never sampled there. */
type GainOf = (position: number, choice: Choice) => number | null;

const gains = (positions: readonly Position[], models: readonly LinearModel[]): GainOf => {
  const byType = new Map(models.map((model) => [`${model.position} ${model.type}`, model]));
  return (index, choice) => {
    const model = byType.get(`${index} ${typeName(choice.type)}`);
    const position = positions[index];
    return model === undefined || position === undefined ? null : predictedChange(model, choice, position.master);
  };
};

interface SelectionParts {
  blocks: readonly SuperBlock[];
  positions: readonly Position[];
  table: LatencyTable;
  budgetMs: number;
  bins: number;
  gainOf: GainOf;
  image: { resolution: number; classes: number };
  predictor: LatencyPredictor;
}

/** The selection over a space: each place carries the fixed blocks behind it, the last one the head, too. */
export function selectionOf(parts: SelectionParts): Selection {
  const { blocks, positions, table, budgetMs, bins, gainOf, image, predictor } = parts;
  const sum = (part: readonly SuperBlock[], resolution: number, isLast: boolean): number => {
    const shapes = unitShapes(part, { ...image, resolution });
    return (isLast ? shapes : shapes.slice(0, -1)).reduce((total, shape) => total + predictor.unit(shape).ms, 0);
  };
  const resolutions = resolutionsOf(blocks, image.resolution);
  const first = positions[0]?.at ?? 0;
  return {
    options: positions.map(({ types, depths, widths }, i) =>
      types.flatMap((type) =>
        depths.flatMap((layers) =>
          widths.flatMap((out) => {
            const choice = { type, layers, out };
            const gain = gainOf(i, choice);
            return gain === null ? [] : [{ choice, gain }];
          }),
        ),
      ),
    ),
    latency: (i, widthBefore, choice) => {
      const at = positions[i]?.at ?? 0;
      const next = positions[i + 1]?.at ?? blocks.length;
      const own = blocks[at] as SuperBlock;
      const isAdjacent = i > 0 && positions[i - 1]?.at === at - 1;
      const placed = { ...chosenBlock(own, choice), in: isAdjacent ? (widthBefore ?? own.in) : own.in };
      const [following, ...others] = blocks.slice(at + 1, next);
      const chain = following === undefined ? [placed] : [placed, { ...following, in: choice.out }, ...others];
      return sum(chain, resolutions[at] as number, next === blocks.length);
    },
    rest: (first === 0 ? 0 : sum(blocks.slice(0, first), image.resolution, false)) + table.overheadMs,
    budget: budgetMs,
    bins,
  };
}

/** Resolution that enters each block. */
const resolutionsOf = (blocks: readonly SuperBlock[], resolution: number): number[] =>
  blocks.map((_, at) =>
    at === 0
      ? resolution
      : (unitShapes(blocks.slice(0, at), { resolution, classes: 1 }).at(-1)?.resolution ?? resolution),
  );

const drawFeasible = (
  blocks: readonly SuperBlock[],
  positions: readonly Position[],
  fits: (network: readonly SuperBlock[]) => boolean,
  gainOf: GainOf,
  rng: Rng,
  budgetMs: number,
): Choice[] => {
  for (let draw = 0; draw < MOST_DRAWS; draw += 1) {
    const choices = drawChoices(positions, rng);
    const isSampled = choices.every((choice, i) => gainOf(i, choice) !== null);
    if (isSampled && fits(withChoices(blocks, positions, choices))) return choices;
  }
  throw new InfeasibleError(budgetMs);
};
