import type { MethodId } from '@crucible/contracts';
import { tinyGenet } from './genet/tiny-config.ts';
import { tinyKernelDistillation } from './kernel-distillation/tiny-config.ts';
import { tinyLabelSmoothing } from './label-smoothing/tiny-config.ts';
import { tinyMultipassSgd } from './multipass-sgd/tiny-config.ts';
import { tinyNoisyLabels } from './noisy-labels/tiny-config.ts';
import type { TinyConfig } from './testing/conformance.ts';
import { tinyWeMix } from './wemix/tiny-config.ts';
import { tinyZenNas } from './zen-nas/tiny-config.ts';

/** For every method the jobs on which its contract is tested. */
export const TINY_CONFIGS = {
  genet: tinyGenet,
  'kernel-distillation': tinyKernelDistillation,
  'label-smoothing': tinyLabelSmoothing,
  wemix: tinyWeMix,
  'zen-nas': tinyZenNas,
  'multipass-sgd': tinyMultipassSgd,
  'noisy-labels': tinyNoisyLabels,
} as const satisfies Record<MethodId, readonly TinyConfig[]>;
