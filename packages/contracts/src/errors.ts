/**
 * Every error that crosses a wire. The key is the stable `code`, the last segment of the problem's `type`.
 * Whether a caller may simply try again is a property of the code.
 */
export const ERRORS = {
  'invalid-request': { status: 400, retryable: false, title: 'The request does not fit its schema' },
  'cursor-mismatch': { status: 400, retryable: false, title: 'The cursor belongs to another query' },
  unauthenticated: { status: 401, retryable: false, title: 'A valid API key is needed' },
  forbidden: { status: 403, retryable: false, title: 'The key does not allow this' },
  'not-found': { status: 404, retryable: false, title: 'There is no such object' },
  'illegal-transition': { status: 409, retryable: false, title: 'The job is in a state that does not allow this' },
  'idempotency-in-flight': { status: 409, retryable: true, title: 'A request with this key is still being answered' },
  conflict: { status: 409, retryable: false, title: 'There is such an object already' },
  'checkpoint-in-use': { status: 409, retryable: false, title: 'Something still needs the checkpoint' },
  'stale-fence': { status: 409, retryable: false, title: 'The attempt no longer owns its job' },
  'sequence-gap': { status: 409, retryable: true, title: 'A batch before this one is missing' },
  'stale-version': { status: 412, retryable: false, title: 'The object has changed since the version that was named' },
  'payload-too-large': { status: 413, retryable: false, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, retryable: false, title: 'The body must be JSON' },
  'range-not-satisfiable': { status: 416, retryable: false, title: 'The content has no such bytes' },
  'invalid-config': { status: 422, retryable: false, title: 'The config has faults' },
  'unknown-method': { status: 422, retryable: false, title: 'There is no such method' },
  'unknown-preset': { status: 422, retryable: false, title: 'The method has no such preset' },
  'idempotency-mismatch': { status: 422, retryable: false, title: 'The key was used with another body' },
  unsatisfiable: { status: 422, retryable: false, title: 'No pool could ever run the job' },
  'quota-exceeded': { status: 422, retryable: false, title: 'The team has no quota left for this' },
  'too-many-series': { status: 422, retryable: false, title: 'The job reports too many metric names' },
  'rate-limited': { status: 429, retryable: true, title: 'Too many requests' },
  'checkpoint-corrupt': { status: 500, retryable: false, title: 'A stored checkpoint does not match its hashes' },
  internal: { status: 500, retryable: false, title: 'Something broke on our side' },
  unavailable: { status: 503, retryable: true, title: 'A service that this needs is away' },
} as const satisfies Record<string, { status: number; retryable: boolean; title: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** One fault of a submitted document, at a JSON pointer into it. */
export interface Fault {
  pointer: string;
  message: string;
}

/** An error with a stable code; every other error that reaches a boundary is `internal`. */
export class CrucibleError extends Error {
  readonly code: ErrorCode;
  readonly faults: readonly Fault[];
  readonly detail: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    options: { faults?: readonly Fault[]; detail?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'CrucibleError';
    this.code = code;
    this.faults = options.faults ?? [];
    this.detail = options.detail ?? {};
  }

  get status(): number {
    return ERRORS[this.code].status;
  }

  get retryable(): boolean {
    return ERRORS[this.code].retryable;
  }
}
