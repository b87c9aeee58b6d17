import type { MultipassSgdConfig, MultipassSgdSummary, NetProblem } from '@crucible/contracts';
import { holdOut } from '../data/hold-out.ts';
import { encodeSafetensors } from '../data/safetensors.ts';
import { shrink } from '../data/shrink.ts';
import { type Checkpoint, DataError, type MethodContext, type StoredTensor } from '../method.ts';
import type { SavedTraining, TrainingState } from '../train/save-training.ts';
import { excessRiskCsv, gridCsv } from './artifacts.ts';
import { type Cell, cellsOf } from './cell.ts';
import { bestStepSize, type CellResult } from './cell-result.ts';
import { reportCell } from './report-cell.ts';
import { tableOf } from './table.ts';
import { type NetOutcome, type NetRun, trainingSteps, trainNet } from './train-net.ts';

/** The job's place: trainings one after the other, cell by cell, seed by seed, step size by step size. */
interface NetState {
  dataset: string;
  outcomes: NetOutcome[];
  /** of the training under way; null: at its begin */
  training: TrainingState | null;
  /** training steps of the trainings that have ended */
  steps: number;
}

/** Name in a checkpoint of a final weight of the first seed of the cell of most passes, by step size. */
const finalName = (e: number, name: string): string => `final/${e}/${name}`;

/** Runs the whole table for a perceptron on images, every cell, seed and step size a training of its own. */
export async function runNet(
  config: MultipassSgdConfig,
  problem: NetProblem,
  ctx: MethodContext,
): Promise<MultipassSgdSummary> {
  const whole = shrink(await ctx.data(problem.dataset), problem.shrink);
  const { dataset, heldOut } = holdOut(whole, problem.validationSamples, ctx.rng('validation'));
  const cells = cellsOf(config);
  const most = Math.max(...cells.map(({ sampleSize }) => sampleSize));
  if (most > dataset.train.count)
    throw new DataError(`${most} samples are to be drawn, ${dataset.train.count} are there to train on`);
  const stepSizes = [...config.stepSizes].sort((a, b) => a - b);
  const state = stateOf(ctx, dataset.sha256);
  let tensors: readonly StoredTensor[] = ctx.resumeFrom?.tensors ?? [];
  const final = tensors.filter(({ name }) => name.startsWith('final/'));
  const results: CellResult[] = [];
  const total = cells.reduce((sum, cell) => sum + trainingSteps(cell, problem), 0) * config.seeds * stepSizes.length;
  for (const [c, cell] of cells.entries()) {
    const runs = config.seeds * stepSizes.length;
    const first = state.outcomes.length;
    for (let index = Math.max(first, c * runs); index < (c + 1) * runs; index++) {
      const [seed, e] = [Math.floor((index % runs) / stepSizes.length), index % stepSizes.length];
      const checkpoint = (saved: SavedTraining, step: number) => checkpointOf(state, saved, final, step);
      const saved = state.training === null ? null : { state: state.training, tensors };
      const place = { cell, seed, eta: stepSizes[e] as number, firstStep: state.steps };
      const run = { config, problem, dataset, heldOut, ...place, saved, checkpoint };
      const { outcome, weights } = await trainNet(run, withProgressOf(ctx, run, total));
      if (seed === 0 && isWidest(cell, cells))
        final.push(...weights.map((weight) => ({ ...weight, name: finalName(e, weight.name) })));
      tensors = [];
      state.training = null;
      state.outcomes.push(outcome);
      state.steps += trainingSteps(cell, problem);
    }
    results.push(resultOf(cell, state.outcomes.slice(c * runs, (c + 1) * runs), stepSizes.length));
    if (state.outcomes.length > first) reportCell(ctx, state.steps, results, stepSizes);
  }
  const summary = summaryOf(config, results, stepSizes, state.steps);
  await ctx.saveArtifact('excess-risk.csv', excessRiskCsv(summary));
  await ctx.saveArtifact('grid.csv', gridCsv(results, stepSizes));
  const best = results.find(({ cell }) => isWidest(cell, cells))?.best ?? -1;
  await ctx.saveArtifact('weights.safetensors', weightsOf(final, best));
  return summary;
}

/** The context of one training, whose progress is told as that of the whole job. */
function withProgressOf(ctx: MethodContext, { cell, seed, eta, firstStep }: NetRun, total: number): MethodContext {
  let trained = 0;
  const where = `${cell.sampleSize} samples, ${cell.passes} passes, seed ${seed}, step size ${eta}`;
  return {
    ...ctx,
    progress(progress) {
      if (progress.phase === 'train') trained = progress.done;
      ctx.progress({ ...progress, done: firstStep + trained, total, message: `${where}: ${progress.message}` });
    },
  };
}

/** True for the cell of most passes over most samples. */
const isWidest = (cell: Cell, cells: readonly Cell[]): boolean =>
  cells.every(
    ({ passes, sampleSize }) => passes < cell.passes || (passes === cell.passes && sampleSize <= cell.sampleSize),
  );

function stateOf({ resumeFrom }: MethodContext, dataset: string): NetState {
  if (resumeFrom === null) return { dataset, outcomes: [], training: null, steps: 0 };
  const state = structuredClone(resumeFrom.state) as NetState;
  if (state.dataset !== dataset)
    throw new DataError(`the dataset has the hash ${dataset}, the checkpoint was made with ${state.dataset}`);
  return state;
}

const checkpointOf = (
  { dataset, outcomes, steps }: NetState,
  saved: SavedTraining,
  final: readonly StoredTensor[],
  step: number,
): Checkpoint => ({
  step,
  state: structuredClone({ dataset, outcomes, steps, training: saved.state }),
  tensors: [...saved.tensors, ...final],
});

function resultOf(cell: Cell, outcomes: readonly NetOutcome[], numStepSizes: number): CellResult {
  const rows = (name: keyof NetOutcome): number[][] =>
    Array.from({ length: outcomes.length / numStepSizes }, (_, seed) =>
      outcomes
        .slice(seed * numStepSizes, (seed + 1) * numStepSizes)
        .map((outcome) => outcome[name] ?? Number.POSITIVE_INFINITY),
    );
  return { cell, risks: rows('testError'), best: bestStepSize(rows('validationError')), path: [], weights: null };
}

function summaryOf(
  config: MultipassSgdConfig,
  results: readonly CellResult[],
  stepSizes: readonly number[],
  steps: number,
): MultipassSgdSummary {
  const table = tableOf(results, config, stepSizes);
  return { risk: 'test-error', ...table, erm: [], startRisk: null, pl: null, bounds: [], steps };
}

/** Weights of the tuned run; a file without tensors if all diverged. */
function weightsOf(final: readonly StoredTensor[], best: number): Uint8Array {
  const prefix = finalName(best, '');
  const tuned = final.filter(({ name }) => name.startsWith(prefix));
  return encodeSafetensors(
    tuned.map((weight) => ({ ...weight, name: weight.name.slice(prefix.length) })),
    { format: 'crucible', method: 'multipass-sgd' },
  );
}
