import { printStructure } from '@crucible/contracts';
import { encodeSafetensors } from '../data/safetensors.ts';
import { learningCurveCsv } from '../train/learning-curve.ts';
import { modelTensors } from '../train/save-training.ts';
import { checkpointOf, endOfTraining, type Job, type Verified } from './run-state.ts';
import type { Nominee } from './select-phase.ts';
import { trainNetwork } from './train-network.ts';

/** Index of the selected network with the best held-out accuracy so far; -1 if none was trained yet. */
export const bestSelected = (nominees: readonly Nominee[], verified: readonly Verified[]): number =>
  verified.reduce((best, { validationAccuracy }, i) => {
    if (nominees[i]?.role !== 'selected') return best;
    return (validationAccuracy ?? 0) > (verified[best]?.validationAccuracy ?? -1) ? i : best;
  }, -1);

/** Trains the nominees that are left from scratch, and leaves the weights of the best one that was selected. */
export async function verifyPhase(job: Job, nominees: readonly Nominee[]): Promise<void> {
  const { config, ctx, state, data } = job;
  const { epochs } = config.training;
  job.tensors.master = []; // nothing needs it any more
  for (const { role, blocks } of nominees.slice(state.verified.length)) {
    await trainNetwork(job, blocks, { epochs, phase: 'verify', isFollowed: false }, async (network, trained) => {
      const { validationAccuracy, testAccuracy } = trained;
      state.verified.push({ validationAccuracy, testAccuracy });
      if (bestSelected(nominees, state.verified) !== state.verified.length - 1) return;
      const structure = printStructure(blocks);
      const metadata = { format: 'crucible', structure, dataset: data.dataset.name };
      await ctx.saveArtifact('structure.txt', `${structure}\n`);
      await ctx.saveArtifact('learning-curve.csv', learningCurveCsv(trained.epochs));
      await ctx.saveArtifact('weights.safetensors', encodeSafetensors(await modelTensors(network), metadata));
    });
    endOfTraining(job, epochs);
    ctx.log('info', `${role}: ${printStructure(blocks)}`, { ...state.verified.at(-1) });
    await ctx.saveCheckpoint(checkpointOf(job));
  }
}
