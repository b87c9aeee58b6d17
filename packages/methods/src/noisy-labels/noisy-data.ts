import type { NoisyLabelsConfig } from '@crucible/contracts';
import type { Dataset, Split } from '../data/dataset.ts';
import { shrink } from '../data/shrink.ts';
import type { MethodContext } from '../method.ts';
import { trainingSplit } from '../train/from-config.ts';
import { corruptLabels } from './corrupt-labels.ts';
import type { LabelPair } from './fit.ts';
import { flipSmallestMargins, type Margins } from './instance-noise.ts';
import { type TransitionMatrix, transitionMatrix } from './transition-matrix.ts';

/** The dataset with clean labels, and the samples held out of it. */
export interface CleanData {
  dataset: Dataset;
  heldOut: Split | null;
}

/** Reads, shrinks and holds out, as the config says. */
export async function cleanData(config: NoisyLabelsConfig, ctx: MethodContext): Promise<CleanData> {
  const dataset = shrink(await ctx.data(config.dataset), config.shrink);
  return trainingSplit(config.training, dataset, ctx.rng('train/hold-out'));
}

/** Margins of the early model on the samples that are trained on, and on those that are held out. */
export interface AllMargins {
  train: Margins;
  heldOut: Margins | null;
}

/** One noise rate with its labels. */
export interface NoisyCellData {
  noiseRate: number;
  /** null where the noise depends on the image */
  matrix: TransitionMatrix | null;
  train: LabelPair;
  heldOut: LabelPair | null;
}

/**
 * The labels of a cell. The draws depend on the job's seed and the place of the sample alone, so that all rates, kinds
 * and remedies share them.
 */
export function noisyCell(
  config: NoisyLabelsConfig,
  { dataset, heldOut }: CleanData,
  margins: AllMargins | null,
  cell: number,
  rng: MethodContext['rng'],
): NoisyCellData {
  const { noise } = config;
  const pair = (clean: Int32Array, observed: Int32Array): LabelPair => ({ clean, observed });
  if (noise.kind === 'instance') {
    if (margins === null) throw new Error('instance noise needs the margins of the early model');
    const noiseRate = noise.rates[cell] as number;
    const flip = (clean: Int32Array, of: Margins) => pair(clean, flipSmallestMargins(clean, of, noiseRate));
    return {
      noiseRate,
      matrix: null,
      train: flip(dataset.train.labels, margins.train),
      heldOut: heldOut === null || margins.heldOut === null ? null : flip(heldOut.labels, margins.heldOut),
    };
  }
  const rate = noise.kind === 'matrix' ? 0 : (noise.rates[cell] as number);
  const matrix = transitionMatrix(noise, dataset.classes, rate);
  const corrupt = (clean: Int32Array, part: string) =>
    pair(
      clean,
      corruptLabels(clean, matrix, {
        count: noise.count,
        flip: rng(`noise/${part}/flip`),
        replacement: rng(`noise/${part}/replacement`),
      }),
    );
  return {
    noiseRate: noise.kind === 'matrix' ? meanOffDiagonal(matrix) : rate,
    matrix,
    train: corrupt(dataset.train.labels, 'train'),
    heldOut: heldOut === null ? null : corrupt(heldOut.labels, 'held-out'),
  };
}

/** Cells of a config: one per noise rate. */
export const numCells = ({ noise }: Pick<NoisyLabelsConfig, 'noise'>): number =>
  noise.kind === 'matrix' ? 1 : noise.rates.length;

const meanOffDiagonal = (matrix: TransitionMatrix): number =>
  matrix.reduce((sum, row, y) => sum + 1 - (row[y] as number), 0) / matrix.length;
