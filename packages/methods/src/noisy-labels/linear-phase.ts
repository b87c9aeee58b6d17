import type { LinearModel, LinearRow } from '@crucible/contracts';
import type { MethodContext } from '../method.ts';
import { type LinearErrors, simulateLinear } from './linear-simulation.ts';
import { convergedError, onePassError } from './linear-theory.ts';
import type { Warning } from './run-state.ts';

/** Repetitions between two looks at what the worker wants. */
const CHUNK = 20;
/** Standard errors that a simulated mean may be away from its closed form, beside its bias. */
const ERRORS_ALLOWED = 4;

/** Sums over the repetitions of one noise rate. */
interface LinearSums {
  onePass: number;
  onePassSquares: number;
  passes: number[];
  converged: number;
  convergedSquares: number;
  difference: number;
  differenceSquares: number;
}

/** Plain JSON, so that it goes into a checkpoint. */
export interface LinearState {
  repetitions: number;
  sums: LinearSums[];
}

export const noRepetitions = ({ rates, passes }: LinearModel): LinearState => ({
  repetitions: 0,
  sums: rates.map(() => ({
    onePass: 0,
    onePassSquares: 0,
    passes: passes.map(() => 0),
    converged: 0,
    convergedSquares: 0,
    difference: 0,
    differenceSquares: 0,
  })),
});

/** Steps of the phase: one per chunk, then one per rate for its metrics. */
export const linearSteps = ({ repetitions, rates }: LinearModel): number =>
  Math.ceil(repetitions / CHUNK) + rates.length;

/** Steps of the phase that lie behind a state. */
export const linearStep = ({ repetitions }: LinearState): number => Math.ceil(repetitions / CHUNK);

/**
 * Simulates what is left of the repetitions, in place, and compares the means with the closed forms.
 *
 * @param obeyStop awaited before every chunk
 */
export async function linearPhase(
  setting: LinearModel,
  ctx: MethodContext,
  state: LinearState,
  obeyStop: () => Promise<void>,
): Promise<{ rows: LinearRow[]; warnings: Warning[] }> {
  while (state.repetitions < setting.repetitions) {
    await obeyStop();
    const to = Math.min(setting.repetitions, state.repetitions + CHUNK);
    for (let repetition = state.repetitions; repetition < to; repetition++) {
      const errors = simulateLinear(setting, ctx.rng(`linear/${repetition}`));
      errors.forEach((one, rate) => {
        add(state.sums[rate] as LinearSums, one);
      });
    }
    state.repetitions = to;
    ctx.progress({
      phase: 'linear',
      done: to,
      total: setting.repetitions,
      message: `repetition ${to} of the linear model`,
    });
  }
  const rows = setting.rates.map((rate, i) => rowOf(setting, rate, state.sums[i] as LinearSums));
  const warnings: Warning[] = [];
  rows.forEach((row, i) => {
    const slack = slackOf(setting, state.sums[i] as LinearSums, row);
    ctx.report(linearSteps(setting) - setting.rates.length + i, {
      'linear/noise-rate': row.noiseRate,
      'linear/one-pass-error': row.onePass,
      'linear/one-pass-theory': row.onePassTheory,
      'linear/one-pass-slack': slack.onePass,
      'linear/converged-error': row.converged,
      'linear/converged-theory': row.convergedTheory,
      'linear/converged-slack': slack.converged,
    });
    for (const [name, key] of [
      ['linear-one-pass-violated', 'onePass'],
      ['linear-converged-violated', 'converged'],
    ] as const)
      if (slack[key] < 0)
        warnings.push({
          name,
          message: `at noise rate ${row.noiseRate} the error is ${row[key]}, its closed form ${row[`${key}Theory`]}`,
        });
  });
  return { rows, warnings };
}

const add = (sums: LinearSums, { onePass, passes, converged }: LinearErrors): void => {
  const difference = converged - onePass;
  sums.onePass += onePass;
  sums.onePassSquares += onePass ** 2;
  passes.forEach((error, i) => {
    sums.passes[i] = (sums.passes[i] as number) + error;
  });
  sums.converged += converged;
  sums.convergedSquares += converged ** 2;
  sums.difference += difference;
  sums.differenceSquares += difference ** 2;
};

const standardError = (sum: number, squares: number, n: number): number =>
  Math.sqrt(Math.max(0, squares / n - (sum / n) ** 2) / (n - 1));

const rowOf = (setting: LinearModel, noiseRate: number, sums: LinearSums): LinearRow => {
  const { repetitions: n, passes } = setting;
  return {
    noiseRate,
    onePass: sums.onePass / n,
    onePassTheory: onePassError(setting, noiseRate),
    passes: passes.map((pass, i) => ({ passes: pass, error: (sums.passes[i] as number) / n })),
    converged: sums.converged / n,
    convergedTheory: convergedError(setting, noiseRate),
    difference: sums.difference / n,
    differenceError: standardError(sums.difference, sums.differenceSquares, n),
  };
};

/**
 * What the closed forms leave out: they put expectations into an angle, which is off by up to this with few samples per
 * dimension. Closer to as many samples as dimensions nothing is claimed.
 */
const biasAllowed = ({ samples, dimension }: LinearModel): number => {
  if (samples >= 2 * dimension) return 0.005;
  return samples >= 1.25 * dimension ? 0.015 : Number.POSITIVE_INFINITY;
};

const slackOf = (setting: LinearModel, sums: LinearSums, row: LinearRow): { onePass: number; converged: number } => {
  const allowed = (sum: number, squares: number): number =>
    ERRORS_ALLOWED * standardError(sum, squares, setting.repetitions) + biasAllowed(setting);
  return {
    onePass: allowed(sums.onePass, sums.onePassSquares) - Math.abs(row.onePass - row.onePassTheory),
    converged: allowed(sums.converged, sums.convergedSquares) - Math.abs(row.converged - row.convergedTheory),
  };
};
