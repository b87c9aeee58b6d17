import type { MethodId } from '@crucible/contracts';
import { genet } from './genet/run.ts';
import { kernelDistillation } from './kernel-distillation/run.ts';
import { labelSmoothing } from './label-smoothing/run.ts';
import type { Method } from './method.ts';
import { multipassSgd } from './multipass-sgd/run.ts';
import { noisyLabels } from './noisy-labels/run.ts';
import { wemix } from './wemix/run.ts';
import { zenNas } from './zen-nas/run.ts';

/** The code behind every method id; a config must have been resolved against the schema of the same id. */
export const RUNNERS = {
  'kernel-distillation': kernelDistillation,
  'label-smoothing': labelSmoothing,
  wemix,
  'noisy-labels': noisyLabels,
  genet,
  'zen-nas': zenNas,
  'multipass-sgd': multipassSgd,
} as const satisfies Record<MethodId, Method<never, unknown>>;
