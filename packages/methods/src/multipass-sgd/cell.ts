import type { MultipassSgdConfig } from '@crucible/contracts';

/** One place of the table: a way to train at a number of samples and passes, for every seed and step size. */
export interface Cell {
  variant: 'sgd' | 'gd' | 'one-pass-averaged';
  sampleSize: number;
  passes: number;
}

/** Steps of one run of a cell: one per sample visited; full-batch descent makes one per pass. */
export const stepsOf = ({ variant, sampleSize, passes }: Cell): number =>
  variant === 'gd' ? passes : sampleSize * passes;

/**
 * The cells of a config, fewest samples first. `fresh` adds a single pass over as many samples as a multi-pass cell visits,
 * where the table has no such cell yet.
 */
export function cellsOf({ sampleSizes, passes, comparators }: MultipassSgdConfig): Cell[] {
  const ascending = (values: readonly number[]): number[] => [...new Set(values)].sort((a, b) => a - b);
  const allPasses = ascending([1, ...passes]);
  const cells = ascending(sampleSizes).flatMap((sampleSize) => [
    ...allPasses.map((k): Cell => ({ variant: 'sgd', sampleSize, passes: k })),
    ...(comparators.includes('gd') ? allPasses.map((k): Cell => ({ variant: 'gd', sampleSize, passes: k })) : []),
    ...(comparators.includes('one-pass-averaged')
      ? [{ variant: 'one-pass-averaged', sampleSize, passes: 1 } satisfies Cell]
      : []),
  ]);
  if (comparators.includes('fresh')) {
    const fresh = ascending(sampleSizes.flatMap((n) => allPasses.map((k) => n * k)));
    for (const sampleSize of fresh)
      if (!sampleSizes.includes(sampleSize)) cells.push({ variant: 'sgd', sampleSize, passes: 1 });
  }
  return cells;
}

/** Passes up to which the end of each is recorded; beyond, only those that are powers of two. */
const EVERY_PASS = 32;

/** Steps after which a run is looked at: powers of two, ends of passes, and the last one. */
export function recordedSteps(cell: Cell): number[] {
  const total = stepsOf(cell);
  const perPass = total / cell.passes;
  const steps = new Set([total]);
  for (let step = 1; step < total; step *= 2) steps.add(step);
  for (let pass = 1; pass < cell.passes; pass++)
    if (pass <= EVERY_PASS || Number.isInteger(Math.log2(pass))) steps.add(pass * perPass);
  return [...steps].sort((a, b) => a - b);
}
