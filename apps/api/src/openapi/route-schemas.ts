import { ERRORS, type ErrorCode, Problem } from '@crucible/contracts';
import { Type } from 'typebox';
import { PROBLEM_TYPE } from '../problem-of.ts';

/** Path parameter of everything that belongs to one job. */
export const JobParams = Type.Object({ id: Type.String({ format: 'uuid', description: 'id of the job' }) });

/** Path parameter of everything that belongs to one checkpoint. */
export const CheckpointParams = Type.Object({
  id: Type.String({ format: 'uuid', description: 'id of the checkpoint' }),
});

/** Path parameter of what is asked of one worker. */
export const WorkerParams = Type.Object({ id: Type.String({ format: 'uuid', description: 'id of the worker' }) });

/** Header of every POST. Checked where it is used, so that a bad one gets a message of its own. */
export const IdempotencyHeader = Type.Object({
  'idempotency-key': Type.Optional(Type.String({ description: 'makes a repeat of this request harmless, for a day' })),
});

interface ProblemResponse {
  description: string;
  content: { [PROBLEM_TYPE]: { schema: typeof Problem } };
}

/** What any route behind a key may answer besides its own. */
const ALWAYS = ['unauthenticated', 'rate-limited', 'internal', 'unavailable'] as const satisfies readonly ErrorCode[];

/** The error answers of a route, by status; codes that share a status share an entry that names them all. */
export function problems(...codes: ErrorCode[]): Record<number, ProblemResponse> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of [...codes, ...ALWAYS]) {
    const { status } = ERRORS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, named]) => [
      status,
      {
        description: named.map((code) => `\`${code}\`: ${ERRORS[code].title}`).join('. '),
        content: { [PROBLEM_TYPE]: { schema: Problem } },
      },
    ]),
  );
}
