import { type Static, Type } from 'typebox';
import { ERRORS, type ErrorCode } from './errors.ts';

/** An error answer, `application/problem+json` (RFC 9457). */
export const Problem = Type.Object(
  {
    type: Type.String({ description: 'address of the page that explains the code' }),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.Enum(Object.keys(ERRORS) as ErrorCode[]),
    detail: Type.String({ description: 'what is wrong and what to do' }),
    instance: Type.String({ description: 'request id, also in the log' }),
    retryable: Type.Boolean(),
    errors: Type.Optional(
      Type.Array(Type.Object({ pointer: Type.String(), message: Type.String() }), {
        description: 'every fault at once, each with a JSON pointer into the body',
      }),
    ),
  },
  { $id: 'Problem', additionalProperties: true },
);
export type Problem = Static<typeof Problem>;
