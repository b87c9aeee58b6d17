/**
 * @file Noisy labels (arXiv:2104.04114): trains on labels of which a known share is wrong, and measures that the clean
 * ones are learned first, and from which noise rate on longer training hurts.
 *
 * Differs from the paper: the theory that is checked is not the paper's but what can be shown without assumptions on the
 * network, and a linear model in closed form; see docs/methods/noisy-labels.md.
 */
import type { NoisyLabelsConfig, NoisyLabelsSummary } from '@crucible/contracts';
import { encodeSafetensors } from '../data/safetensors.ts';
import type { Method, MethodContext } from '../method.ts';
import { obeyStop } from '../obey-stop.ts';
import { modelTensors } from '../train/save-training.ts';
import {
  cleanFirstCsv,
  firstEpochCsv,
  labelTensors,
  learningCurvesCsv,
  linearCsv,
  noiseMatrixJson,
  phaseTransitionCsv,
} from './artifacts.ts';
import { cellPhase } from './cell-phase.ts';
import { earlyPhase, keptMargins } from './early-phase.ts';
import { packedFits, readFits } from './fit-bits.ts';
import { linearPhase, linearStep, linearSteps, noRepetitions } from './linear-phase.ts';
import { theoryThreshold } from './linear-theory.ts';
import { type CleanData, cleanData, noisyCell, numCells } from './noisy-data.ts';
import { checkpointOf, initialRun, type Run } from './run-state.ts';
import { signChange } from './sign-change.ts';

export const noisyLabels: Method<NoisyLabelsConfig, NoisyLabelsSummary> = {
  id: 'noisy-labels',
  async run(config, ctx) {
    const clean = await cleanData(config, ctx);
    const run = initialRun(ctx, clean.dataset.sha256);
    await simulate(config, ctx, run);
    const cellData = await cellsOf(config, ctx, clean, run);
    for (let cell = run.state.cells.length; cell < numCells(config); cell++)
      await cellPhase(config, ctx, clean, cellData(cell), run, async (network) => {
        if (cell < numCells(config) - 1) return;
        const metadata = { format: 'crucible', model: JSON.stringify(config.model), dataset: clean.dataset.name };
        await ctx.saveArtifact('weights.safetensors', encodeSafetensors(await modelTensors(network), metadata));
      });
    await saveTables(config, ctx, clean, run, cellData);
    return summaryOf(config, run);
  },
};

/** The linear model, unless it is done or left out. */
const simulate = async ({ linear }: NoisyLabelsConfig, ctx: MethodContext, run: Run): Promise<void> => {
  const { state } = run;
  if (linear === null || state.linearDone !== null) return;
  const simulated = state.linear ?? noRepetitions(linear);
  state.linear = simulated;
  const { rows, warnings } = await linearPhase(linear, ctx, simulated, () =>
    obeyStop(ctx, () => checkpointOf(run, linearStep(simulated))),
  );
  for (const { name, message } of warnings) ctx.log('warn', `${name}: ${message}`);
  await ctx.saveArtifact('linear.csv', linearCsv(rows));
  state.linearDone = { rows, warnings };
  state.linear = null;
  state.stepsDone = linearSteps(linear);
  await ctx.saveCheckpoint(checkpointOf(run, state.stepsDone));
};

/** The labels of each cell, after the early model that instance noise needs. */
const cellsOf = async (config: NoisyLabelsConfig, ctx: MethodContext, clean: CleanData, run: Run) => {
  const { noise } = config;
  const rng = (name: string) => ctx.rng(name);
  if (noise.kind !== 'instance') return (cell: number) => noisyCell(config, clean, null, cell, rng);
  if (!run.state.earlyDone) await earlyPhase(config, noise.epochs, ctx, clean, run);
  const margins = keptMargins(run, clean.heldOut !== null);
  return (cell: number) => noisyCell(config, clean, margins, cell, rng);
};

const saveTables = async (
  config: NoisyLabelsConfig,
  ctx: MethodContext,
  { dataset }: CleanData,
  run: Run,
  cellData: (cell: number) => ReturnType<typeof noisyCell>,
): Promise<void> => {
  const { cells } = run.state;
  const data = cells.map((_, cell) => cellData(cell));
  const { epochs } = config.training;
  await ctx.saveArtifact(
    'noise-matrix.json',
    noiseMatrixJson(
      cells,
      data.map(({ matrix }) => matrix),
    ),
  );
  await ctx.saveArtifact('clean-first.csv', cleanFirstCsv(cells));
  await ctx.saveArtifact('first-epoch.csv', firstEpochCsv(cells));
  await ctx.saveArtifact('learning-curve.csv', learningCurvesCsv(cells));
  await ctx.saveArtifact('phase-transition.csv', phaseTransitionCsv(cells));
  const labels = labelTensors(
    dataset.train.labels,
    data.map(({ noiseRate, train }, cell) => ({
      noiseRate,
      observed: train.observed,
      fits: packedFits(readFits(run, cell, epochs, dataset.train.count), cell, epochs),
    })),
  );
  await ctx.saveArtifact(
    'labels.safetensors',
    encodeSafetensors(labels, { format: 'crucible', dataset: dataset.name }),
  );
};

const summaryOf = ({ linear, training }: NoisyLabelsConfig, { state }: Run): NoisyLabelsSummary => {
  const cells = state.cells.map(({ summary }) => summary);
  const rows = state.linearDone?.rows ?? [];
  return {
    cells,
    threshold: signChange(
      cells.map(({ noiseRate }) => noiseRate),
      cells.map(({ delta }) => delta),
    ),
    linear:
      linear === null
        ? null
        : {
            rows,
            theoryThreshold: theoryThreshold(linear),
            simulatedThreshold: signChange(
              rows.map(({ noiseRate }) => noiseRate),
              rows.map(({ difference }) => difference),
            ),
          },
    testAccuracy: state.cells.at(-1)?.epochs.at(-1)?.values['test/accuracy'] ?? 0,
    epochs: training.epochs,
    warnings: [...(state.linearDone?.warnings ?? []), ...state.cells.flatMap(({ warnings }) => warnings)],
  };
};
