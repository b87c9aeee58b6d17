import { CrucibleError, ERRORS, type ErrorCode, type Problem } from '@crucible/contracts';

/** Where the codes are explained; the part after `#` is the code. */
export const ERRORS_PAGE = '/docs/errors';

/** Media type of every error answer (RFC 9457). */
export const PROBLEM_TYPE = 'application/problem+json';

/** What Fastify itself throws before a route is reached, in our codes and with the remedy. */
const FRAMEWORK_ERRORS: Readonly<Record<string, { code: ErrorCode; message: string }>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { code: 'payload-too-large', message: 'A body may have 1 MiB at most.' },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'unsupported-media-type',
    message: 'Send the body as JSON, with `Content-Type: application/json`.',
  },
};

const isClientFault = (error: Error): boolean => {
  const status = (error as { statusCode?: unknown }).statusCode;
  return typeof status === 'number' && status >= 400 && status < 500;
};

/**
 * The error in our terms. A fault of the request that Fastify found keeps its message; everything that has no code
 * of ours becomes `internal`, whose message says nothing of the inside.
 */
export function toCrucibleError(error: unknown): CrucibleError {
  if (error instanceof CrucibleError) return error;
  if (error instanceof Error && isClientFault(error)) {
    const known = FRAMEWORK_ERRORS[(error as { code?: string }).code ?? ''];
    return new CrucibleError(known?.code ?? 'invalid-request', known?.message ?? error.message, { cause: error });
  }
  return new CrucibleError(
    'internal',
    'The request could not be carried out. Try again; if it stays so, name the request id (`instance`) to an operator.',
    { cause: error },
  );
}

/** The body of an error answer. What an error carries in `detail` is added as members of its own. */
export function problemOf(error: CrucibleError, requestId: string): Problem {
  return {
    ...error.detail,
    type: `${ERRORS_PAGE}#${error.code}`,
    title: ERRORS[error.code].title,
    status: error.status,
    code: error.code,
    detail: error.message,
    instance: requestId,
    retryable: error.retryable,
    ...(error.faults.length > 0 && { errors: [...error.faults] }),
  };
}
