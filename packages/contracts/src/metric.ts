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
  afterStep: Type.Optional(Type.Integer({ description: 'only points with a larger step' })),
  maxPoints: Type.Integer({ minimum: 2, maximum: 5000, default: 1000 }),
});
export type PointsQuery = Static<typeof PointsQuery>;

/** Columns of one curve. `lo` and `hi` are there when points were merged: the extremes inside each bucket. */
export const PointsView = Type.Object(
  {
    key: Type.String(),
    total: Type.Integer({ description: 'points that the query covers, before thinning' }),
    steps: Type.Array(Type.Integer()),
    values: Type.Array(WireNumber),
    lo: Type.Optional(Type.Array(Type.Number())),
    hi: Type.Optional(Type.Array(Type.Number())),
  },
  { $id: 'Points' },
);
export type PointsView = Static<typeof PointsView>;

/** Metric names a job may use at most. */
export const MAX_SERIES_PER_JOB = 2000;
/** Points in one batch at most. */
export const MAX_POINTS_PER_BATCH = 5000;
