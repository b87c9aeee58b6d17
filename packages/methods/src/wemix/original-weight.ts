import type { WeMixConfig } from '@crucible/contracts';
import { constantSchedule, type Schedule } from '../schedule/schedule.ts';
import { isFirstStage, type StagePlan } from '../train/two-stage.ts';

/** The weight of the loss on originals at every step, in [0, 1]; the rest is that of the loss on augmented copies. */
export function originalWeight(
  { mode, originalWeight: weight }: Pick<WeMixConfig, 'mode' | 'originalWeight'>,
  plan: StagePlan,
): Schedule {
  const staged =
    (first: number, second: number): Schedule =>
    (step) =>
      isFirstStage(plan, step) ? first : second;
  switch (mode) {
    case 'none':
    case 'label-smoothing':
      return constantSchedule(1);
    case 'aug':
      return constantSchedule(0);
    case 'augdrop':
      return staged(0, 1);
    case 'mixloss':
      return constantSchedule(weight);
    case 'wemix':
      return staged(weight, 1);
    case 'augdrop-reverse':
      return staged(1, 0);
  }
}
