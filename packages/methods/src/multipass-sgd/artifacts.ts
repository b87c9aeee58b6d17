import type { MultipassSgdSummary } from '@crucible/contracts';
import { encodeSafetensors } from '../data/safetensors.ts';
import type { BoundCheck } from './bounds.ts';
import type { CellResult } from './cell-result.ts';
import type { PlProbe } from './pl-probes.ts';
import { RECORD_FIELDS } from './record.ts';

const csv = (head: readonly string[], rows: readonly (readonly (string | number | boolean | null)[])[]): string =>
  `${[head, ...rows].map((row) => row.map((cell) => cell ?? '').join(',')).join('\n')}\n`;

/** Risk of every run. */
export const gridCsv = (results: readonly CellResult[], stepSizes: readonly number[]): string =>
  csv(
    ['variant', 'samples', 'passes', 'step_size', 'seed', 'risk'],
    results.flatMap(({ cell, risks }) =>
      stepSizes.flatMap((eta, e) =>
        risks.map((row, seed) => [cell.variant, cell.sampleSize, cell.passes, eta, seed, row[e] as number]),
      ),
    ),
  );

/** The tuned table, one row per cell, with what belongs to its samples beside it. */
export function excessRiskCsv({ cells, gains, reuse, erm }: MultipassSgdSummary): string {
  const at = <T extends { sampleSize: number; passes: number }>(list: readonly T[], n: number, k: number) =>
    list.find(({ sampleSize, passes }) => sampleSize === n && passes === k);
  return csv(
    [
      ...['variant', 'samples', 'passes', 'fresh', 'step_size', 'step_size_at_edge', 'mean', 'standard_error'],
      ...['gain', 'gain_lo', 'gain_hi', 'effective_reuse', 'erm', 'statistical_limit'],
    ],
    cells.map((cell) => {
      const { variant, sampleSize: n, passes: k } = cell;
      const gain = variant === 'sgd' ? at(gains, n, k) : undefined;
      const minimiser = erm.find(({ sampleSize }) => sampleSize === n);
      return [
        ...[variant, n, k, cell.isFresh, cell.stepSize, cell.stepSizeAtEdge, cell.mean, cell.standardError],
        ...[gain?.ratio ?? null, gain?.lo ?? null, gain?.hi ?? null],
        variant === 'sgd' ? (at(reuse, n, k)?.factor ?? null) : null,
        ...[minimiser?.mean ?? null, minimiser?.limit ?? null],
      ];
    }),
  );
}

/** What was recorded along the tuned runs. */
export const curvesCsv = (results: readonly CellResult[], stepSizes: readonly number[]): string =>
  csv(
    ['variant', 'samples', 'passes', 'step_size', 'step', ...RECORD_FIELDS.map(snakeCase)],
    results.flatMap(({ cell, best, path }) =>
      path.map((one) => [
        ...[cell.variant, cell.sampleSize, cell.passes, stepSizes[best] ?? null, one.step],
        ...RECORD_FIELDS.map((field) => one[field]),
      ]),
    ),
  );

/** Both sides of the bounds. */
export const boundsCsv = (checks: readonly BoundCheck[]): string =>
  csv(
    ['bound', 'samples', 'step_size', 'step', 'measured', 'standard_error', 'limit'],
    checks.map((one) => [
      ...[one.bound, one.sampleSize, one.stepSize, one.step, one.measured, one.standardError, one.limit],
    ]),
  );

export const plProbesCsv = (probes: readonly PlProbe[]): string =>
  csv(
    ['distance', 'pl_ratio'],
    probes.map(({ distance, ratio }) => [distance, ratio]),
  );

/** Final weights of the tuned runs, `[seeds, p]` by cell, with the truths. */
export function weightsFile(results: readonly CellResult[], truths: readonly Float64Array[]): Uint8Array {
  const rows = (name: string, parts: readonly Float64Array[]) => ({
    name,
    dtype: 'float64' as const,
    shape: [parts.length, parts[0]?.length ?? 0],
    data: Float64Array.from(parts.flatMap((part) => [...part])),
  });
  const tensors = results.flatMap(({ cell: { variant, sampleSize, passes }, weights, risks }) => {
    if (weights === null) return [];
    const p = weights.length / risks.length;
    const parts = risks.map((_, seed) => weights.subarray(seed * p, (seed + 1) * p));
    return [rows(`${variant}/${sampleSize}/${passes}`, parts)];
  });
  return encodeSafetensors([rows('truth', truths), ...tensors], { format: 'crucible', method: 'multipass-sgd' });
}

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
