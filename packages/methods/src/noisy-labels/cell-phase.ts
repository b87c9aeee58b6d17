import type { NoisyLabelsConfig } from '@crucible/contracts';
import type { MethodContext } from '../method.ts';
import { buildModel } from '../nn/build-model.ts';
import type { Network } from '../nn/network.ts';
import { policyOf, trainingOptionsOf } from '../train/from-config.ts';
import { type TrainOptions, train } from '../train/train.ts';
import { type Cell, createCell, flippedShare } from './cell.ts';
import { cellSummary } from './cell-summary.ts';
import { measureCell, probeOf } from './measure-cell.ts';
import type { CleanData, NoisyCellData } from './noisy-data.ts';
import { remedyObjective } from './remedy-objective.ts';
import { checkpointOf, newCell, type Run } from './run-state.ts';
import { labelCounts } from './transition-matrix.ts';

/**
 * Trains on the observed labels of one noise rate, and adds its record to the run.
 *
 * @param use called with the trained network before it is freed
 */
export async function cellPhase(
  config: NoisyLabelsConfig,
  ctx: MethodContext,
  clean: CleanData,
  data: NoisyCellData,
  run: Run,
  use: (network: Network) => Promise<void>,
): Promise<void> {
  const { dataset } = clean;
  const rng = (name: string) => ctx.rng(name);
  const network = buildModel(config.model, { input: dataset, classes: dataset.classes, rng });
  try {
    const cell = createCell(config, ctx, clean, data, run, network);
    const objective = remedyObjective(network, config.remedy, {
      channels: dataset.channels,
      classes: dataset.classes,
      augmentation: policyOf(config.training.augmentation),
      noiseRate: data.noiseRate,
      matrix: data.matrix,
      stepsPerEpoch: cell.stepsPerEpoch,
    });
    await train(ctx, objective, cell.given, optionsOf(cell), async (epochs, probes) => {
      const planned = {
        noiseRate: data.noiseRate,
        flippedShare: flippedShare(cell),
        samples: cell.given.train.count,
      };
      const summary = cellSummary(planned, epochs, probes);
      const { state } = run;
      state.stepsDone += cell.stepsPerEpoch * config.training.epochs;
      ctx.report(state.stepsDone, {
        'cell/first-epoch-error': summary.firstEpochError,
        'cell/last-error': summary.lastError,
        'cell/delta': summary.delta,
        'cell/regret': summary.regret,
      });
      const { byClass, warnings } = state.cell;
      const counts = labelCounts(data.train, dataset.classes);
      state.cells.push(
        structuredClone({ summary, epochs: [...epochs], probes: [...probes], byClass, counts, warnings }),
      );
      state.cell = newCell();
      await use(network);
    });
  } finally {
    network.dispose();
  }
}

const optionsOf = (cell: Cell): TrainOptions => {
  const { config, ctx, run } = cell;
  const { state } = run;
  const { training } = state.cell;
  return {
    training: trainingOptionsOf(config.training, ctx),
    saved: training === null ? null : { state: training, tensors: ctx.resumeFrom?.tensors ?? [] },
    firstStep: state.stepsDone,
    checkpoint: (saved, step) => {
      state.cell.training = saved.state;
      return checkpointOf(run, step, saved.tensors);
    },
    measure: (epoch, between) => measureCell(cell, epoch, between),
    probe: probeOf(cell),
  };
};
