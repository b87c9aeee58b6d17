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
