import type { EpochRecord, ProbeRecord } from './training.ts';

/** The records as CSV: a header line with the names of the metrics, then a line per epoch. */
export const learningCurveCsv = (epochs: readonly EpochRecord[]): string =>
  csv(
    'epoch',
    epochs.map(({ epoch, values }) => [epoch, values]),
  );

/** The same for probes: a line per step that was probed. */
export const probesCsv = (probes: readonly ProbeRecord[]): string =>
  csv(
    'step',
    probes.map(({ step, values }) => [step, values]),
  );

const csv = (first: string, records: readonly [number, Readonly<Record<string, number>>][]): string => {
  const names = [...new Set(records.flatMap(([, values]) => Object.keys(values)))];
  const rows = records.map(([at, values]) => [at, ...names.map((name) => values[name] ?? '')].join(','));
  return `${[[first, ...names].join(','), ...rows].join('\n')}\n`;
};
