/**
 * @file GENet (arXiv:2006.14090): latencies of blocks on the worker's device, effective ranks of kernels, and LLR-NAS, a
 * search near a master network by local linear regression under a latency budget.
 *
 * Differs from the paper: it tells neither how variants are sampled and distilled nor how the selection is solved, and no
 * code of the search was released; what stands here is one way to do it, described in `docs/methods/genet.md`.
 */
import type { GenetConfig, GenetSummary } from '@crucible/contracts';
import { holdOut } from '../data/hold-out.ts';
import { decodeSafetensors, encodeSafetensors } from '../data/safetensors.ts';
import { givenTable } from '../latency/given-table.ts';
import { DataError, type Method } from '../method.ts';
import { learningCurveCsv } from '../train/learning-curve.ts';
import { restoreTensors } from '../train/save-training.ts';
import { coefficientsJson, gainKendall, selectionJson, variantsCsv } from './artifacts.ts';
import { distilPhase, drawVariants } from './distil-phase.ts';
import { givenStructure } from './given-structure.ts';
import { kernelRanks, rankCsv, rankTrend } from './kernel-rank.ts';
import { profilePhase } from './profile-phase.ts';
import { initialState, type Job } from './run-state.ts';
import { fitModels, selectPhase } from './select-phase.ts';
import { positionsOf } from './space.ts';
import { summaryOf } from './summary.ts';
import { trainMaster } from './train-master.ts';
import { freshNetwork } from './train-network.ts';
import { bestSelected, verifyPhase } from './verify-phase.ts';

export const genet: Method<GenetConfig, GenetSummary> = {
  id: 'genet',
  async run(config, ctx) {
    const whole = await ctx.data(config.dataset);
    if (whole.height !== whole.width)
      throw new DataError(`the images are ${whole.height} x ${whole.width}; genet needs square ones`);
    const blocks = await givenStructure(config, ctx, whole);
    const { validationSamples } = config.training;
    const isJudged = validationSamples > 0 && (config.task === 'llr' || config.task === 'train');
    const { dataset, heldOut } = isJudged
      ? holdOut(whole, validationSamples, ctx.rng('held-out'))
      : { dataset: whole, heldOut: null };
    const { state, tensors } = initialState(ctx, whole.sha256);
    const positions = positionsOf(blocks, config.space);
    return TASKS[config.task]({ config, ctx, data: { dataset, heldOut }, blocks, positions, state, tensors });
  },
};

/** Of the linear model of a type: intercept, depth, width. */
const COEFFICIENTS = 3;

const TASKS: Readonly<Record<GenetConfig['task'], (job: Job) => Promise<GenetSummary>>> = {
  async profile(job) {
    const table = await latencyTable(job);
    return summaryOf(job, job.blocks, { table });
  },

  async train(job) {
    const { config, ctx, blocks, tensors, data } = job;
    const trained = await trainMaster(job, config.training.epochs, true);
    const metadata = {
      format: 'crucible',
      structure: summaryOf(job, blocks, {}).structure,
      dataset: data.dataset.name,
    };
    await ctx.saveArtifact('learning-curve.csv', learningCurveCsv(trained.epochs));
    await ctx.saveArtifact('weights.safetensors', encodeSafetensors(tensors.master, metadata));
    return summaryOf(job, blocks, { trained });
  },

  async rank(job) {
    const { config, ctx, blocks, data } = job;
    if (config.weights === null) throw new DataError('rank needs weights');
    const tensors = decodeSafetensors(await ctx.input(config.weights), 'the file of the weights');
    const network = freshNetwork(blocks, config, data.dataset, (name) => ctx.rng(name));
    try {
      restoreTensors([...network.parameters, ...network.statistics], tensors);
    } catch (cause) {
      throw new DataError(`The weights do not belong to the structure: ${(cause as Error).message}.`, { cause });
    } finally {
      network.dispose();
    }
    const ranks = kernelRanks(tensors, (name) => ctx.rng(name));
    await ctx.saveArtifact('rank.csv', rankCsv(ranks));
    job.state.rankTrend = rankTrend(ranks);
    return summaryOf(job, blocks, {});
  },

  async llr(job) {
    const { config, ctx, blocks, positions, state, data } = job;
    const numTypes = Math.max(...positions.map(({ types }) => types.length));
    if (config.search.samplesPerBlock < COEFFICIENTS * numTypes)
      ctx.log(
        'warn',
        `search.samplesPerBlock is ${config.search.samplesPerBlock} for up to ${numTypes} types: a linear model has ${COEFFICIENTS} coefficients, so some say little more than a mean; raise it, or allow fewer types in space`,
      );
    const table = await latencyTable(job);
    const master = await trainMaster(job, config.search.masterEpochs, false);
    const variants = drawVariants(positions, config.search.samplesPerBlock, (name) => ctx.rng(name));
    await distilPhase(job, variants);
    const masterAccuracy = master.validationAccuracy ?? 0;
    const changes = state.variants.map((accuracy) => accuracy - masterAccuracy);
    const models = fitModels(positions, variants, changes, config.search.ridge);
    const selected = selectPhase(config, data.dataset, blocks, positions, table, models, (name) => ctx.rng(name));
    const { nominees } = selected;
    await ctx.saveArtifact('variants.csv', variantsCsv(positions, variants, state.variants, masterAccuracy));
    await ctx.saveArtifact('coefficients.json', coefficientsJson(positions, selected, config.search.ridge));
    await verifyPhase(job, nominees);
    await ctx.saveArtifact('selection.json', selectionJson(selected, state.verified));
    const best = bestSelected(nominees, state.verified);
    const winner = nominees[best];
    if (winner === undefined) throw new Error('no selected network was trained');
    return summaryOf(job, winner.blocks, {
      table,
      trained: state.verified[best] ?? null,
      predictedGain: winner.predictedGain,
      scaledAccuracy: state.verified[nominees.findIndex(({ role }) => role === 'scaled')]?.validationAccuracy ?? null,
      gainKendall: gainKendall(nominees, state.verified),
    });
  },
};

/** The table of the config, or that of an earlier attempt, or one that is measured now. */
const latencyTable = async (job: Job) => {
  const { config, ctx } = job;
  if (config.latency.table !== null) return givenTable(ctx, config.latency.table);
  const table = await profilePhase(job);
  await ctx.saveArtifact('latency-table.json', `${JSON.stringify(table, null, 2)}\n`);
  return table;
};
