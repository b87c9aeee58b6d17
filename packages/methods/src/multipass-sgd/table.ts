import { type MultipassSgdConfig, type MultipassSgdSummary, meanInterval, type SgdWarning } from '@crucible/contracts';
import { type CellResult, isAtEdge, meanRisk, pairedGain, tunedRisks } from './cell-result.ts';

type Table = Pick<MultipassSgdSummary, 'cells' | 'gains' | 'reuse' | 'slopes' | 'warnings'>;

const orNull = (value: number): number | null => (Number.isFinite(value) ? value : null);

const isSgd = ({ cell }: CellResult): boolean => cell.variant === 'sgd';

/** The result of SGD at so many samples and passes, if it was run. */
export const findSgd = (results: readonly CellResult[], sampleSize: number, passes: number): CellResult | undefined =>
  results.find((one) => isSgd(one) && one.cell.sampleSize === sampleSize && one.cell.passes === passes);

/** The tuned table of a job and what follows from it. */
export function tableOf(
  results: readonly CellResult[],
  config: MultipassSgdConfig,
  stepSizes: readonly number[],
): Table {
  const warnings: SgdWarning[] = [];
  const warn = (name: SgdWarning['name'], message: string): void => void warnings.push({ name, message });
  const cells = results.map((result): Table['cells'][number] => {
    const { cell, best } = result;
    const perSeed = tunedRisks(result);
    const { mean, standardError } = meanRisk(perSeed);
    const stepSizeAtEdge = isAtEdge(result, stepSizes.length);
    const where = `${cell.variant} with ${cell.sampleSize} samples and ${cell.passes} passes`;
    if (best < 0) warn('all-diverged', `every step size diverged for ${where}; add smaller ones`);
    else if (stepSizeAtEdge)
      warn('step-size-at-edge', `the best step size of ${where} is ${stepSizes[best]}, at an edge`);
    return {
      ...cell,
      isFresh: !config.sampleSizes.includes(cell.sampleSize),
      stepSize: best < 0 ? null : (stepSizes[best] as number),
      stepSizeAtEdge,
      mean: orNull(mean),
      standardError: orNull(standardError),
      perSeed: perSeed.map(orNull),
    };
  });
  return { cells, ...comparisons(results, stepSizes.length), slopes: slopesOf(results, config), warnings };
}

/** Gains of many passes over one, and the samples that one pass would have needed. */
function comparisons(results: readonly CellResult[], numStepSizes: number): Pick<Table, 'gains' | 'reuse'> {
  const gains: Table['gains'] = [];
  const reuse: Table['reuse'] = [];
  for (const result of results) {
    const { sampleSize, passes, variant } = result.cell;
    const onePass = findSgd(results, sampleSize, 1);
    if (variant !== 'sgd' || passes === 1 || onePass === undefined) continue;
    // a tuned many-pass risk at an edge could still fall: no ratio is stated on it
    const gain = isAtEdge(result, numStepSizes) ? null : pairedGain(tunedRisks(onePass), tunedRisks(result));
    gains.push({ sampleSize, passes, ratio: gain?.ratio ?? null, lo: gain?.lo ?? null, hi: gain?.hi ?? null });
    reuse.push({ sampleSize, passes, factor: effectiveReuse(results, result) });
  }
  return { gains, reuse };
}

/** n* / n with the one-pass risk at n* equal to that of `result`, between the sizes that were run, on logarithms. */
function effectiveReuse(results: readonly CellResult[], result: CellResult): number | null {
  const target = Math.log(meanRisk(tunedRisks(result)).mean);
  const curve = results
    .filter((one) => isSgd(one) && one.cell.passes === 1)
    .map((one) => [Math.log(one.cell.sampleSize), Math.log(meanRisk(tunedRisks(one)).mean)] as const)
    .sort(([a], [b]) => a - b);
  for (let i = 1; i < curve.length; i++) {
    const [n0, r0] = curve[i - 1] as readonly [number, number];
    const [n1, r1] = curve[i] as readonly [number, number];
    if (!(r0 >= target && r1 <= target) || r0 === r1) continue;
    return Math.exp(n0 + ((n1 - n0) * (r0 - target)) / (r0 - r1)) / result.cell.sampleSize;
  }
  return null;
}

/** Slope of log risk against log n for each k, fitted seed by seed. */
function slopesOf(results: readonly CellResult[], { sampleSizes, passes }: MultipassSgdConfig): Table['slopes'] {
  if (sampleSizes.length < 3) return [];
  return [...new Set([1, ...passes])].flatMap((k) => {
    const column = results.filter(
      (one) => isSgd(one) && one.cell.passes === k && sampleSizes.includes(one.cell.sampleSize),
    );
    const logN = column.map(({ cell }) => Math.log(cell.sampleSize));
    const seeds = column[0]?.risks.length ?? 0;
    const slopes = Array.from({ length: seeds }, (_, seed) =>
      leastSquaresSlope(
        logN,
        column.map((one) => Math.log(tunedRisks(one)[seed] as number)),
      ),
    );
    const { mean, lo, hi } = meanInterval(slopes);
    const isKnown = mean !== null && lo !== null && hi !== null && [mean, lo, hi].every(Number.isFinite);
    return isKnown ? [{ passes: k, slope: mean, lo, hi }] : [];
  });
}

function leastSquaresSlope(x: readonly number[], y: readonly number[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  const xy = x.reduce((sum, value, i) => sum + (value - mx) * ((y[i] as number) - my), 0);
  return xy / x.reduce((sum, value) => sum + (value - mx) ** 2, 0);
}
