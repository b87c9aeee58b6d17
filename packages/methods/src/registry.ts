import type { MethodId } from '@crucible/contracts';
import { labelSmoothing } from './label-smoothing/run.ts';
import type { Method } from './method.ts';
import { zenNas } from './zen-nas/run.ts';

/** The code behind every method id; a config must have been resolved against the schema of the same id. */
export const RUNNERS = {
  'label-smoothing': labelSmoothing,
  'zen-nas': zenNas,
} as const satisfies Record<MethodId, Method<never, unknown>>;
