import type { Checkpoint, StoredTensor } from '../method.ts';
import type { BoundCheck } from './bounds.ts';
import { type Cell, cellsOf } from './cell.ts';
import type { CellResult } from './cell-result.ts';
import { type CellRun, startCell } from './cell-run.ts';
import type { Grid } from './grid.ts';
import { type PathRecord, RECORD_FIELDS } from './record.ts';

/** Risk of the minimisers of the empirical risk at so many samples, by seed. */
export interface ErmResult {
  sampleSize: number;
  /** null: the samples do not span the features */
  perSeed: (number | null)[];
}

/** All that a job over a grid has done. */
export interface GridState {
  results: CellResult[];
  /** null: between two cells */
  running: CellRun | null;
  checks: BoundCheck[];
  /** a bound was violated: nothing more is run */
  isBroken: boolean;
  erm: ErmResult[];
  /** steps of the cells that have ended, and one for each minimiser */
  steps: number;
}

export const emptyState = (): GridState => ({
  results: [],
  running: null,
  checks: [],
  isBroken: false,
  erm: [],
  steps: 0,
});

/** The job's step: it counts the steps of one run in every cell. */
export const jobStep = ({ steps, running }: GridState): number => steps + (running?.step ?? 0);

/** What of the state is plain numbers; risks, paths and weights may be infinite and are tensors. */
interface SavedState {
  bests: number[];
  running: { step: number } | null;
  checks: BoundCheck[];
  isBroken: boolean;
  erm: ErmResult[];
  steps: number;
}

const tensor = (name: string, shape: readonly number[], values: ArrayLike<number>): StoredTensor => ({
  name,
  dtype: 'float64',
  shape,
  data: Float64Array.from(values),
});

const recordRow = (record: PathRecord): number[] => RECORD_FIELDS.map((field) => record[field]);

const recordOf = (row: ArrayLike<number>, from: number): PathRecord =>
  Object.fromEntries(RECORD_FIELDS.map((field, i) => [field, row[from + i]])) as unknown as PathRecord;

/** A checkpoint that holds a copy of everything. */
export function saveGrid(state: GridState): Checkpoint {
  const { running, checks, isBroken, erm, steps } = state;
  const numFields = RECORD_FIELDS.length;
  const tensors = state.results.flatMap(({ risks, path, weights }, i) => [
    tensor(`cell/${i}/risks`, [risks.length, risks[0]?.length ?? 0], risks.flat()),
    tensor(
      `cell/${i}/path`,
      [path.length, 1 + numFields],
      path.flatMap((one) => [one.step, ...recordRow(one)]),
    ),
    ...(weights === null ? [] : [tensor(`cell/${i}/weights`, [weights.length], weights)]),
  ]);
  if (running !== null) {
    const { weights, sums, records } = running;
    tensors.push(tensor('weights', [weights.length], weights));
    if (sums !== null) tensors.push(tensor('sums', [sums.length], sums));
    const shape = [records.length, records[0]?.length ?? 0, numFields];
    tensors.push(
      tensor(
        'records',
        shape,
        records.flatMap((one) => one.flatMap(recordRow)),
      ),
    );
  }
  const saved: SavedState = {
    bests: state.results.map(({ best }) => best),
    running: running === null ? null : { step: running.step },
    checks,
    isBroken,
    erm,
    steps,
  };
  return { step: jobStep(state), state: structuredClone(saved), tensors };
}

/** The state of a checkpoint that `saveGrid` made with the same config. */
export function restoreGrid(grid: Grid, { state, tensors }: Checkpoint): GridState {
  const saved = structuredClone(state) as SavedState;
  const cells = cellsOf(grid.config);
  const numStepSizes = grid.stepSizes.length;
  const valuesOf = (name: string): Float64Array => {
    const found = tensors.find((one) => one.name === name);
    if (found === undefined) throw new RangeError(`checkpoint: tensor ${name} is missing`);
    return Float64Array.from(found.data);
  };
  const results = saved.bests.map((best, i): CellResult => {
    const risks = valuesOf(`cell/${i}/risks`);
    const path = valuesOf(`cell/${i}/path`);
    const row = 1 + RECORD_FIELDS.length;
    return {
      cell: cells[i] as Cell,
      best,
      risks: Array.from({ length: grid.seeds }, (_, seed) => [
        ...risks.subarray(seed * numStepSizes, (seed + 1) * numStepSizes),
      ]),
      path: Array.from({ length: path.length / row }, (_, r) => ({
        step: path[r * row] as number,
        ...recordOf(path, r * row + 1),
      })),
      weights: tensors.some(({ name }) => name === `cell/${i}/weights`) ? valuesOf(`cell/${i}/weights`) : null,
    };
  });
  const { checks, isBroken, erm, steps } = saved;
  return { results, running: restoreRun(), checks, isBroken, erm, steps };

  function restoreRun(): CellRun | null {
    if (saved.running === null) return null;
    const run = startCell(grid, cells[saved.bests.length] as Cell);
    run.weights.set(valuesOf('weights'));
    run.sums?.set(valuesOf('sums'));
    run.step = saved.running.step;
    const records = valuesOf('records');
    const size = numStepSizes * RECORD_FIELDS.length;
    run.records = Array.from({ length: records.length / size }, (_, r) =>
      Array.from({ length: numStepSizes }, (_, e) => recordOf(records, r * size + e * RECORD_FIELDS.length)),
    );
    return run;
  }
}
