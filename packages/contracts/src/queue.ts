import { type Static, Type } from 'typebox';

/** Name of the BullMQ queue from which the workers of a pool take dispatched attempts. */
export const dispatchQueue = (pool: string): string => `dispatch.${pool}`;

/** What BullMQ carries: an id and a fence, nothing that could go stale. Its queue id is the attempt id. */
export const DispatchMessage = Type.Object(
  {
    attemptId: Type.String({ format: 'uuid' }),
    fence: Type.Integer({ minimum: 1 }),
    trace: Type.Optional(Type.String({ description: 'W3C traceparent of the dispatch, when jobs are traced' })),
  },
  { additionalProperties: false },
);
export type DispatchMessage = Static<typeof DispatchMessage>;

/** Pool that takes jobs which name none. */
export const DEFAULT_POOL = 'default';
