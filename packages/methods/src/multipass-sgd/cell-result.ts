import { meanInterval } from '@crucible/contracts';
import type { Cell } from './cell.ts';
import { type PathRecord, standardError } from './record.ts';

/** Risks of the runs of a cell that has ended, and the path of the tuned one. */
export interface CellResult {
  cell: Cell;
  /** risk of every run, `[seeds][step sizes]`; infinite where it diverged */
  risks: readonly (readonly number[])[];
  /** place of the best step size on the grid; -1: all diverged */
  best: number;
  /** along the tuned runs, for problems that are looked at on the way */
  path: readonly (PathRecord & { step: number })[];
  /** final weights of the tuned runs, `[seeds, p]`, for the same problems */
  weights: Float64Array | null;
}

/** Place of the smallest mean over the seeds; -1 if all are infinite. What is tuned on may differ from what is reported. */
export function bestStepSize(tuned: readonly (readonly number[])[]): number {
  const means = (tuned[0] ?? []).map((_, e) => meanOf(tuned, e));
  const smallest = Math.min(...means);
  return Number.isFinite(smallest) ? means.indexOf(smallest) : -1;
}

const meanOf = (risks: readonly (readonly number[])[], e: number): number =>
  risks.reduce((sum, row) => sum + (row[e] as number), 0) / risks.length;

/** Risks of the tuned runs by seed; infinite where all diverged. */
export const tunedRisks = ({ risks, best }: CellResult): number[] =>
  risks.map((row) => (best < 0 ? Number.POSITIVE_INFINITY : (row[best] as number)));

/** Mean over the seeds and its standard error. */
export function meanRisk(risks: readonly number[]): { mean: number; standardError: number } {
  const mean = risks.reduce((sum, risk) => sum + risk, 0) / risks.length;
  return { mean, standardError: Number.isFinite(mean) ? standardError(risks) : Number.POSITIVE_INFINITY };
}

/** True where the best step size is the first or last of a grid of several: the true optimum may lie outside. */
export const isAtEdge = ({ best }: Pick<CellResult, 'best'>, numStepSizes: number): boolean =>
  numStepSizes > 1 && (best === 0 || best === numStepSizes - 1);

/** Geometric mean of `over[i] / under[i]` with its paired 95 % interval; null where a value is not positive and finite. */
export function pairedGain(
  over: readonly number[],
  under: readonly number[],
): { ratio: number; lo: number | null; hi: number | null } | null {
  const logs = over.map((value, i) => Math.log(value / (under[i] as number)));
  if (logs.length === 0 || !logs.every(Number.isFinite)) return null;
  const { mean, lo, hi } = meanInterval(logs);
  return {
    ratio: Math.exp(mean as number),
    lo: lo === null ? null : Math.exp(lo),
    hi: hi === null ? null : Math.exp(hi),
  };
}
