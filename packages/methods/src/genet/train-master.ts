import { modelTensors } from '../train/save-training.ts';
import { kernelRanks, rankCsv, rankTrend } from './kernel-rank.ts';
import { checkpointOf, endOfTraining, type Job, type Trained } from './run-state.ts';
import { trainNetwork } from './train-network.ts';

/** Trains the structure of the config, unless an earlier attempt did, and leaves the ranks of its kernels. */
export async function trainMaster(job: Job, epochs: number, isFollowed: boolean): Promise<Trained> {
  const { ctx, state, tensors } = job;
  if (state.master !== null) return state.master;
  let master: Trained | null = null;
  await trainNetwork(job, job.blocks, { epochs, phase: 'train', isFollowed }, async (network, trained) => {
    tensors.master = await modelTensors(network);
    master = trained;
  });
  if (master === null) throw new Error('the training handed nothing over');
  endOfTraining(job, (master as Trained).epochs.length);
  state.master = master;
  const ranks = kernelRanks(tensors.master, (name) => ctx.rng(name));
  state.rankTrend = rankTrend(ranks);
  await ctx.saveArtifact('rank.csv', rankCsv(ranks));
  await ctx.saveCheckpoint(checkpointOf(job));
  return master;
}
