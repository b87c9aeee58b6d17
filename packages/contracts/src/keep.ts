import { type Static, Type } from 'typebox';

/** Which checkpoints of a job stay. A pinned one, and the one that an attempt resumed from, always do. */
export const Keep = Type.Object(
  {
    last: Type.Integer({ minimum: 1, maximum: 1000, default: 2, description: 'newest ones' }),
    best: Type.Integer({ minimum: 0, maximum: 100, default: 1, description: 'best ones by `metric`' }),
    metric: Type.Union([Type.String({ maxLength: 128, description: 'null: no best is kept' }), Type.Null()], {
      default: null,
    }),
    mode: Type.Enum(['max', 'min'], { default: 'max' }),
  },
  {
    additionalProperties: false,
    default: {},
    description: 'which checkpoints stay',
  },
);
export type Keep = Static<typeof Keep>;
