import type { Split } from '../data/dataset.ts';
import { pick } from '../data/pick.ts';
import type { MethodContext } from '../method.ts';
import type { StagePlan } from './two-stage.ts';

/** Which samples a method probes, and when: before the first step, every few epochs, and after the last step. */
export function probePlan(
  { everyEpochs, samples }: { everyEpochs: number; samples: number },
  train: Split,
  { stepsPerEpoch, totalSteps }: StagePlan,
  ctx: Pick<MethodContext, 'rng'>,
): { samples: Split; isDue: (step: number) => boolean } {
  const places = ctx.rng('probe/samples').permutation(train.count).subarray(0, samples).toSorted();
  return {
    samples: pick(train, places),
    isDue: (step) => step % (everyEpochs * stepsPerEpoch) === 0 || step === totalSteps,
  };
}
