import type { LabelSmoothingConfig } from '@crucible/contracts';
import { constantSchedule, linearSchedule, type Schedule } from '../schedule/schedule.ts';
import { isFirstStage, type StagePlan } from '../train/two-stage.ts';

/** The smoothing of every step. */
export function smoothingSchedule(
  { mode, smoothing }: Pick<LabelSmoothingConfig, 'mode' | 'smoothing'>,
  plan: StagePlan,
): Schedule {
  switch (mode) {
    case 'none':
      return constantSchedule(0);
    case 'lsr':
      return constantSchedule(smoothing);
    case 'tsla':
      return (step) => (isFirstStage(plan, step) ? smoothing : 0);
    case 'late-only':
      return (step) => (isFirstStage(plan, step) ? 0 : smoothing);
    case 'linear-decay':
      return linearSchedule(smoothing, plan.totalSteps);
  }
}
