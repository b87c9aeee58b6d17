import { type Static, Type } from 'typebox';

/** Name of the BullMQ queue from which a worker, by its name, takes the attempts that were dispatched to it. */
export const dispatchQueue = (worker: string): string => `${DISPATCH_QUEUES}${worker}`;

/** What the names of all dispatch queues begin with. */
export const DISPATCH_QUEUES = 'dispatch.';

/** What BullMQ carries: an id, a fence and a size, nothing that could go stale. Its queue id is the attempt id. */
export const DispatchMessage = Type.Object(
  {
    attemptId: Type.String({ format: 'uuid' }),
    fence: Type.Integer({ minimum: 1 }),
    trace: Type.Optional(Type.String({ description: 'W3C traceparent of the dispatch, when jobs are traced' })),
    slots: Type.Integer({ minimum: 1, description: 'slots that the worker is to set aside before it claims' }),
  },
  { additionalProperties: false },
);
export type DispatchMessage = Static<typeof DispatchMessage>;

/** Pool that takes jobs which name none. */
export const DEFAULT_POOL = 'default';
