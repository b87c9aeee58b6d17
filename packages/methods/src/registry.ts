import type { MethodId } from '@crucible/contracts';
import type { Method } from './method.ts';
import { genet } from './genet/run.ts';
import { zenNas } from './zen-nas/run.ts';

/** The code behind every method id; a config must have been resolved against the schema of the same id. */
export const RUNNERS = {
  genet,
  'zen-nas': zenNas,
} as const satisfies Record<MethodId, Method<never, unknown>>;
