import {
  CrucibleError,
  type Fault,
  fits,
  fromWire,
  MetricColumns,
  type MetricPoint,
  WireNumber,
} from '@crucible/contracts';

const COLUMNS = ['series', 'steps', 'values', 'times'] as const;

/**
 * The points of a batch. Checked by hand where the schema would look at each of thousands of numbers for itself.
 *
 * @throws CrucibleError `invalid-request` that names the first fault of each column
 */
export function pointsOf(body: unknown): { fence: number; sequence: number; points: MetricPoint[] } {
  const given = (typeof body === 'object' && body !== null ? body : {}) as Partial<
    Record<keyof MetricColumns, unknown>
  >;
  const faults = [...columnFaults(given), ...numberFaults(given)];
  if (faults.length > 0) throw new CrucibleError('invalid-request', 'The batch has a fault.', { faults });
  const { fence, sequence, keys, series, steps, values, times } = given as MetricColumns;
  const points = steps.map((step, i) => ({
    key: keys[series[i] ?? 0] ?? '',
    step,
    value: fromWire(values[i] ?? 'NaN'),
    timeMs: times[i] ?? 0,
  }));
  return { fence, sequence, points };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isTime = (value: unknown): boolean => typeof value === 'number' && Math.abs(value) <= 8.64e15;
const isValue = (value: unknown): boolean => typeof value === 'number' || fits(WireNumber, value);

function columnFaults(given: Partial<Record<keyof MetricColumns, unknown>>): Fault[] {
  const { keys, series, steps } = given;
  if (!Array.isArray(keys) || !keys.every((key) => typeof key === 'string'))
    return [{ pointer: '/keys', message: 'must be a list of metric names' }];
  const length = Array.isArray(steps) ? steps.length : 0;
  const checks: Record<(typeof COLUMNS)[number], { isGood: (value: unknown) => boolean; message: string }> = {
    series: { isGood: (value) => isCount(value) && value < keys.length, message: 'must be a place in keys' },
    steps: { isGood: isCount, message: 'must be a whole number of at least 0' },
    values: { isGood: isValue, message: 'must be a number, "NaN", "Infinity" or "-Infinity"' },
    times: { isGood: isTime, message: 'must be milliseconds since 1970' },
  };
  return COLUMNS.flatMap((name): Fault[] => {
    const column = given[name];
    if (!Array.isArray(column) || column.length !== length)
      return [{ pointer: `/${name}`, message: `must be a list as long as steps, which has ${length}` }];
    const bad = column.findIndex((value) => !checks[name].isGood(value));
    const key = Array.isArray(series) ? keys[series[bad] as number] : undefined;
    const of = key === undefined || name === 'series' ? '' : ` (of ${key})`;
    return bad < 0 ? [] : [{ pointer: `/${name}/${bad}`, message: `${checks[name].message}${of}` }];
  });
}

function numberFaults(given: Partial<Record<keyof MetricColumns, unknown>>): Fault[] {
  const known = new Set<string>(Object.keys(MetricColumns.properties));
  return [
    ...(['fence', 'sequence'] as const).flatMap((name) =>
      Number.isInteger(given[name]) && (given[name] as number) >= 1 && (given[name] as number) < 2 ** 31
        ? []
        : [{ pointer: `/${name}`, message: 'must be a whole number of at least 1' }],
    ),
    ...Object.keys(given).flatMap((name) =>
      known.has(name) ? [] : [{ pointer: `/${name}`, message: 'is not a known key' }],
    ),
  ];
}
