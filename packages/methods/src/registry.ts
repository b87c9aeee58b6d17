import type { MethodId } from '@crucible/contracts';
import { kernelDistillation } from './kernel-distillation/run.ts';
import { labelSmoothing } from './label-smoothing/run.ts';
import type { Method } from './method.ts';
import { noisyLabels } from './noisy-labels/run.ts';
import { zenNas } from './zen-nas/run.ts';

/** The code behind every method id; a config must have been resolved against the schema of the same id. */
export const RUNNERS = {
  'kernel-distillation': kernelDistillation,
  'label-smoothing': labelSmoothing,
  'noisy-labels': noisyLabels,
  'zen-nas': zenNas,
} as const satisfies Record<MethodId, Method<never, unknown>>;
