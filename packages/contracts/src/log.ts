import { type Static, Type } from 'typebox';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LogLine = Type.Object({
  attempt: Type.Integer(),
  line: Type.Integer({ description: 'number of the line within its attempt' }),
  time: Type.String({ format: 'date-time' }),
  level: Type.Enum([...LOG_LEVELS]),
  message: Type.String(),
  fields: Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()]),
});
export type LogLine = Static<typeof LogLine>;

export const LogsQuery = Type.Object({
  level: Type.Optional(Type.Enum([...LOG_LEVELS], { description: 'this level and above' })),
  contains: Type.Optional(Type.String({ maxLength: 200 })),
  after: Type.Optional(Type.String({ pattern: '^\\d+:\\d+$', description: 'attempt:line of the last line read' })),
  tail: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 1000, description: 'begin with the last lines; not with after' }),
  ),
  limit: Type.Integer({ minimum: 1, maximum: 1000, default: 200 }),
});
export type LogsQuery = Static<typeof LogsQuery>;

/** Oldest first; `next` goes into `after`. */
export const LogPage = Type.Object(
  { data: Type.Array(LogLine), next: Type.Union([Type.String(), Type.Null()]) },
  { $id: 'LogPage' },
);
export type LogPage = Static<typeof LogPage>;
