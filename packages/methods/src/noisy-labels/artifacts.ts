import type { FitFigures, LinearRow } from '@crucible/contracts';
import type { StoredTensor } from '../method.ts';
import type { NoisyCellData } from './noisy-data.ts';
import type { CellRecord } from './run-state.ts';

type Value = number | string | null;

const csv = (header: readonly string[], rows: readonly (readonly Value[])[]): string =>
  `${[header, ...rows].map((row) => row.map((value) => value ?? '').join(',')).join('\n')}\n`;

/** Planned and drawn transition matrix of each cell. */
export function noiseMatrixJson(cells: readonly CellRecord[], planned: readonly NoisyCellData['matrix'][]): string {
  const document = cells.map(({ summary, counts }, i) => ({
    noiseRate: summary.noiseRate,
    flippedShare: summary.flippedShare,
    planned: planned[i] ?? null,
    counts,
    drawn: counts.map((row) => {
      const total = row.reduce((sum, count) => sum + count, 0);
      return row.map((count) => (total === 0 ? null : count / total));
    }),
  }));
  return `${JSON.stringify({ cells: document }, null, 2)}\n`;
}

const FIT_COLUMNS = ['fitClean', 'fitNoisy', 'recovered'] as const satisfies (keyof FitFigures)[];

/** Fit by rate, epoch and clean class. */
export const cleanFirstCsv = (cells: readonly CellRecord[]): string =>
  csv(
    ['noise_rate', 'epoch', 'class', 'fit_clean', 'fit_noisy', 'recovered'],
    cells.flatMap(({ summary, byClass }) =>
      byClass.flatMap((classes, epoch) =>
        classes.map((fit, y) => [summary.noiseRate, epoch + 1, y, ...FIT_COLUMNS.map((key) => fit[key])]),
      ),
    ),
  );

/** Records of values by name, one row each, behind the noise rate and `column`. */
const recordsCsv = (
  column: string,
  rows: readonly { noiseRate: number; at: number; values: Readonly<Record<string, number>> }[],
): string => {
  const names = [...new Set(rows.flatMap(({ values }) => Object.keys(values)))];
  return csv(
    ['noise_rate', column, ...names],
    rows.map(({ noiseRate, at, values }) => [noiseRate, at, ...names.map((name) => values[name] ?? null)]),
  );
};

/** What was seen at steps within the first epoch. */
export const firstEpochCsv = (cells: readonly CellRecord[]): string =>
  recordsCsv(
    'step',
    cells.flatMap(({ summary: { noiseRate }, probes }) =>
      probes.map(({ step, values }) => ({ noiseRate, at: step, values })),
    ),
  );

/** What was measured after each epoch. */
export const learningCurvesCsv = (cells: readonly CellRecord[]): string =>
  recordsCsv(
    'epoch',
    cells.flatMap(({ summary: { noiseRate }, epochs }) =>
      epochs.map(({ epoch, values }) => ({ noiseRate, at: epoch, values })),
    ),
  );

/** Errors by noise rate. */
export const phaseTransitionCsv = (cells: readonly CellRecord[]): string =>
  csv(
    ['noise_rate', 'flipped_share', 'first_epoch', 'best', 'best_epoch', 'last', 'delta', 'regret', 'early_stop'],
    cells.map(({ summary: cell }) => [
      cell.noiseRate,
      cell.flippedShare,
      cell.firstEpochError,
      cell.bestError,
      cell.bestEpoch,
      cell.lastError,
      cell.delta,
      cell.regret,
      cell.earlyStop?.error ?? null,
    ]),
  );

/** Errors of the linear model by noise rate. */
export const linearCsv = (rows: readonly LinearRow[]): string =>
  csv(
    [
      'noise_rate',
      'one_pass',
      'one_pass_theory',
      ...(rows[0]?.passes ?? []).map(({ passes }) => `passes_${passes}`),
      'converged',
      'converged_theory',
      'difference',
      'difference_error',
    ],
    rows.map((row) => [
      row.noiseRate,
      row.onePass,
      row.onePassTheory,
      ...row.passes.map(({ error }) => error),
      row.converged,
      row.convergedTheory,
      row.difference,
      row.differenceError,
    ]),
  );

/** Labels of each cell, and in which epochs the observed ones were fit. */
export function labelTensors(
  clean: Int32Array,
  cells: readonly { noiseRate: number; observed: Int32Array; fits: StoredTensor }[],
): StoredTensor[] {
  const labels = (name: string, data: Int32Array): StoredTensor => ({
    name,
    dtype: 'int32',
    shape: [data.length],
    data,
  });
  return [
    labels('clean', clean),
    ...cells.flatMap(({ noiseRate, observed, fits }) => [
      labels(`observed/${noiseRate}`, observed),
      { ...fits, name: `fits/${noiseRate}` },
    ]),
  ];
}
