import { CONV_CASES } from './conv-cases.ts';
import { ELEMENTWISE_CASES } from './elementwise-cases.ts';
import type { EngineCase } from './engine-case.ts';
import { FUSED_CASES } from './fused-cases.ts';
import { RARE_CASES } from './rare-cases.ts';
import { REDUCTION_CASES } from './reduction-cases.ts';
import { SHAPE_CASES } from './shape-cases.ts';

/** Everything that every engine must do alike, less what the skip list excludes with a reason. */
export const ENGINE_CASES: readonly EngineCase[] = [
  ...CONV_CASES,
  ...ELEMENTWISE_CASES,
  ...REDUCTION_CASES,
  ...SHAPE_CASES,
  ...FUSED_CASES,
  ...RARE_CASES,
];
