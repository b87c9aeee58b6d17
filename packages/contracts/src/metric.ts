import { type Static, Type } from 'typebox';

/** A metric value as it travels in JSON; non-finite floats are named. */
export const WireNumber = Type.Union([Type.Number(), Type.Enum(['NaN', 'Infinity', '-Infinity'])]);
export type WireNumber = Static<typeof WireNumber>;

export const toWire = (value: number): WireNumber =>
  Number.isFinite(value) ? value : Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
export const fromWire = (value: WireNumber): number => Number(value);

/** What is known of one metric of a job without reading its points. */
export const SeriesView = Type.Object(
  {
    key: Type.String(),
    count: Type.Integer(),
    firstStep: Type.Integer(),
    lastStep: Type.Integer(),
    lastValue: WireNumber,
    min: Type.Union([Type.Number(), Type.Null()]),
    max: Type.Union([Type.Number(), Type.Null()]),
    nonFinite: Type.Integer({ description: 'points that are NaN or infinite; charts show them as gaps' }),
  },
  { $id: 'Series' },
);
export type SeriesView = Static<typeof SeriesView>;

export const SeriesList = Type.Object({ data: Type.Array(SeriesView) }, { $id: 'SeriesList' });

export const PointsQuery = Type.Object({
  key: Type.String({ minLength: 1, maxLength: 128 }),
  x: Type.Enum(['step', 'time'], { default: 'step', description: 'what `from` and `to` count; `time` adds `times`' }),
  from: Type.Optional(
    Type.Integer({ minimum: 0, description: 'first step, or first time in milliseconds since 1970 with `x=time`' }),
  ),
  to: Type.Optional(Type.Integer({ minimum: 0, description: 'last step, or last time in milliseconds since 1970' })),
  afterStep: Type.Optional(Type.Integer({ description: 'only points with a larger step' })),
  branch: Type.Enum(['current', 'all'], {
    default: 'current',
    description: '`all` adds what attempts reported beyond the step from which a later one went on',
  }),
  maxPoints: Type.Integer({ minimum: 2, maximum: 5000, default: 1000 }),
});
export type PointsQuery = Static<typeof PointsQuery>;

const Extremes = Type.Array(Type.Union([Type.Number(), Type.Null()]));

const curveColumns = {
  total: Type.Integer({ description: 'points that the query covers, before thinning' }),
  level: Type.Integer({ description: 'thinned from buckets of 2^level steps; 0: from the points themselves' }),
  steps: Type.Array(Type.Integer()),
  values: Type.Array(WireNumber),
  times: Type.Optional(Type.Array(Type.Integer({ description: 'milliseconds since 1970' }))),
  lo: Type.Optional(Extremes),
  hi: Type.Optional(Extremes),
};

/** What an attempt reported in vain: a later one went on from before it. */
export const MaskedBranch = Type.Object({
  attempt: Type.Integer(),
  afterStep: Type.Integer({
    description: 'the branch begins after this step, which is -1 when nothing of it remained',
  }),
  lastStep: Type.Integer(),
  count: Type.Integer(),
});
export type MaskedBranch = Static<typeof MaskedBranch>;

/**
 * Columns of one curve. `lo` and `hi` are there when points were left out: the extremes of what lies after the previous
 * point up to this one, null where nothing is finite.
 */
export const PointsView = Type.Object(
  {
    key: Type.String(),
    ...curveColumns,
    maskedBranches: Type.Array(MaskedBranch),
    branches: Type.Optional(Type.Array(Type.Object({ attempt: Type.Integer(), ...curveColumns }))),
  },
  { $id: 'Points' },
);
export type PointsView = Static<typeof PointsView>;

/** Metric names a job may use at most. */
export const MAX_SERIES_PER_JOB = 2000;
/** Points in one batch at most. */
export const MAX_POINTS_PER_BATCH = 5000;

/**
 * A batch of points as columns of equal length, for a worker that reaches the API alone. Point `i` belongs to the
 * metric `keys[series[i]]`.
 */
export const MetricColumns = Type.Object(
  {
    fence: Type.Integer({ minimum: 1, description: 'fence of the attempt, as its dispatch named it' }),
    sequence: Type.Integer({ minimum: 1, description: 'number of the batch in its attempt, from 1 without gaps' }),
    keys: Type.Array(Type.String(), { maxItems: 5000 }),
    series: Type.Array(Type.Integer({ minimum: 0 }), { description: 'places in `keys`' }),
    steps: Type.Array(Type.Integer({ minimum: 0 })),
    values: Type.Array(WireNumber),
    times: Type.Array(Type.Number({ description: 'milliseconds since 1970' })),
  },
  { $id: 'MetricColumns', additionalProperties: false },
);
export type MetricColumns = Static<typeof MetricColumns>;

/** What became of a batch; `isDuplicate`: it had been stored before and changed nothing. */
export const MetricReceipt = Type.Object(
  { isDuplicate: Type.Boolean(), nextSequence: Type.Integer() },
  { $id: 'MetricReceipt' },
);
export type MetricReceipt = Static<typeof MetricReceipt>;

/** Points that one comparison answers at most. */
export const MAX_COMPARED_POINTS = 200_000;

/** A few metrics of many jobs, drawn on one grid of steps and summed up by group. */
export const CompareMetrics = Type.Object(
  {
    jobs: Type.Array(Type.String({ format: 'uuid' }), { minItems: 1, maxItems: 500 }),
    keys: Type.Array(Type.String({ minLength: 1, maxLength: 128 }), { minItems: 1, maxItems: 20 }),
    groupBy: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9_]+(\\.[A-Za-z0-9_]+)*$',
        maxLength: 200,
        description: 'path in the resolved config, such as `optimizer.learningRate`; without it each job stands alone',
      }),
    ),
    from: Type.Optional(Type.Integer({ minimum: 0, description: 'first step' })),
    to: Type.Optional(Type.Integer({ minimum: 0, description: 'last step' })),
    numPoints: Type.Integer({ minimum: 2, maximum: 5000, default: 500, description: 'steps of the grid at most' }),
  },
  { $id: 'CompareMetrics', additionalProperties: false },
);
export type CompareMetrics = Static<typeof CompareMetrics>;

const Aggregate = Type.Array(Type.Union([Type.Number(), Type.Null()]));

/**
 * One metric of one group. At each step of the grid counts a job's last value, unless it is older than one cell of the
 * grid or not finite. `sd` and the interval need two jobs.
 */
export const ComparedCurve = Type.Object({
  key: Type.String(),
  group: Type.Unknown({ description: 'value of `groupBy` in the configs, null where they have none' }),
  jobs: Type.Array(Type.String()),
  steps: Type.Array(Type.Integer()),
  mean: Aggregate,
  sd: Aggregate,
  lo: Type.Array(Type.Union([Type.Number(), Type.Null()]), { description: 'of the 95 % interval of the mean, by t' }),
  hi: Aggregate,
  n: Type.Array(Type.Integer()),
});
export type ComparedCurve = Static<typeof ComparedCurve>;

export const Comparison = Type.Object({ data: Type.Array(ComparedCurve) }, { $id: 'Comparison' });
export type Comparison = Static<typeof Comparison>;
