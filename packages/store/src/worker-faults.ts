import type { EndCode } from '@crucible/contracts';

/** Ends that speak against the worker: the job's next attempt goes elsewhere if it can. */
export const WORKER_FAULTS: readonly EndCode[] = [
  'worker-lost',
  'not-claimed',
  'infrastructure',
  'child-killed',
  'stalled',
  'out-of-memory',
  'engine-unavailable',
];

/** Ends after which, when they come together, a worker rests. */
export const COOL_OFF_FAULTS: readonly EndCode[] = ['worker-lost', 'not-claimed', 'infrastructure'];
