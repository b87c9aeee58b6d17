import type { MethodContext } from '../method.ts';
import { type CellResult, meanRisk, pairedGain, tunedRisks } from './cell-result.ts';
import { findSgd } from './table.ts';

/** Reports the cell that has ended last. */
export function reportCell(
  ctx: MethodContext,
  step: number,
  results: readonly CellResult[],
  stepSizes: readonly number[],
): void {
  const result = results.at(-1);
  if (result === undefined) return;
  const { cell, best } = result;
  const { mean, standardError } = meanRisk(tunedRisks(result));
  const onePass = findSgd(results, cell.sampleSize, 1);
  const gain = onePass === undefined ? null : pairedGain(tunedRisks(onePass), tunedRisks(result));
  ctx.report(step, {
    'cell/sample-size': cell.sampleSize,
    'cell/passes': cell.passes,
    'cell/risk': mean,
    'cell/standard-error': standardError,
    'cell/step-size': stepSizes[best] ?? Number.NaN,
    'cell/gain': gain?.ratio ?? Number.NaN,
  });
}
