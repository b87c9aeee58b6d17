import type { EpochRecord } from './training.ts';

/** The records as CSV: a header line with the names of the metrics, then a line per epoch. */
export function learningCurveCsv(epochs: readonly EpochRecord[]): string {
  const names = [...new Set(epochs.flatMap(({ values }) => Object.keys(values)))];
  const rows = epochs.map(({ epoch, values }) => [epoch, ...names.map((name) => values[name] ?? '')].join(','));
  return `${[['epoch', ...names].join(','), ...rows].join('\n')}\n`;
}
