/**
 * Why an attempt ended. `retries` is the budget of automatic retries for that cause alone;
 * a budget of 0 means that the job fails with this code, `Infinity` that the cause never counts.
 */
export const END_CODES = {
  ok: { retries: 0, meaning: 'the method returned and everything it reported is stored' },
  'method-error': { retries: 0, meaning: 'the method threw' }, // `maxFailures` of the job is its budget
  'data-error': { retries: 0, meaning: 'the dataset is missing, damaged or does not fit the config' },
  'non-finite': { retries: 0, meaning: 'the loss became NaN or infinite' },
  'engine-unavailable': { retries: 0, meaning: 'the named tensor engine cannot be loaded on this worker' },
  'checkpoint-corrupt': {
    retries: 3,
    meaning: 'a stored checkpoint did not match its hashes; the previous one is used',
  },
  'child-killed': { retries: 3, meaning: 'a signal that the worker did not send ended the child process' },
  infrastructure: { retries: 3, meaning: 'the worker could not run the attempt (disk, spool, start of the child)' },
  'worker-lost': { retries: 10, meaning: 'the lease ran out without a heartbeat' },
  'not-claimed': { retries: 10, meaning: 'no worker claimed the dispatched attempt in time' },
  drained: { retries: Number.POSITIVE_INFINITY, meaning: 'the worker shut down and gave the job back' },
  preempted: { retries: Number.POSITIVE_INFINITY, meaning: 'the scheduler gave its slots to a job that goes first' },
  paused: { retries: Number.POSITIVE_INFINITY, meaning: 'a user paused the job' },
  stalled: { retries: 1, meaning: 'no step within the limit `limits.stallSeconds`' },
  'out-of-memory': { retries: 1, meaning: 'the device or the machine had no memory left' },
  'run-timeout': { retries: 0, meaning: 'it ran longer than `limits.maxRunSeconds`' },
  'queue-timeout': { retries: 0, meaning: 'it waited longer than `limits.maxQueueSeconds`' },
  'dependency-failed': { retries: 0, meaning: 'a job that it needs did not end as the edge asks' },
  poison: {
    retries: 0,
    meaning:
      'three different workers were lost, or lost the child process, while they ran it; an operator may retry it',
  },
  canceled: { retries: 0, meaning: 'a user canceled the job' },
} as const satisfies Record<string, { retries: number; meaning: string }>;

export type EndCode = keyof typeof END_CODES;

export const END_CODE_NAMES = Object.keys(END_CODES) as EndCode[];
