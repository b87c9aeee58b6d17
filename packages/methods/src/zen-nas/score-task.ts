import { parseStructure, superBlocks, type ZenNasConfig, type ZenNasSummary } from '@crucible/contracts';
import { type MethodContext, NonFiniteError } from '../method.ts';
import { obeyStop } from '../obey-stop.ts';
import { checkpointOf, type RunState } from './run-state.ts';
import { scoreCandidate, scoreStreams } from './score-candidate.ts';
import { type ScoredStructure, scoresCsv, scoresJson, scoreTable } from './score-table.ts';

type ScoreState = Extract<RunState, { phase: 'score' }>;

/**
 * Task `score`: figures of the structures that the config names, without data and without training. The summary is that
 * of the structure with the largest mean of the first proxy; the files tell of all.
 *
 * @throws NonFiniteError if the first proxy gives no structure a finite mean
 */
export async function scoreTask(config: ZenNasConfig, ctx: MethodContext, run: ScoreState): Promise<ZenNasSummary> {
  const begin = { seconds: ctx.seconds(), values: run.values.length };
  await scoreAll(config, ctx, run);
  const rows = scoreTable(config.scoring, run.values);
  await ctx.saveArtifact('scores.json', scoresJson(config, rows));
  await ctx.saveArtifact('scores.csv', scoresCsv(rows));
  const seconds = ctx.seconds() - begin.seconds;
  return summaryOf(config, rows, seconds > 0 ? (run.values.length - begin.values) / seconds : 0);
}

/** One draw after the other: of each structure each proxy, of each proxy each repeat. */
const scoreAll = async (config: ZenNasConfig, ctx: MethodContext, run: ScoreState): Promise<void> => {
  const { structures, proxies, repeats, ...image } = config.scoring;
  const streams = scoreStreams((name) => ctx.rng(name));
  const total = structures.length * proxies.length * repeats;
  while (run.values.length < total) {
    await obeyStop(ctx, () => checkpointOf(run));
    const at = run.values.length;
    const structure = structures[Math.floor(at / (proxies.length * repeats))] ?? '';
    const proxy = proxies[Math.floor(at / repeats) % proxies.length] ?? 'zen';
    const value = await scoreCandidate(
      structure,
      superBlocks(parseStructure(structure)),
      { score: { ...config.score, proxy } },
      image,
      streams,
      { first: at % repeats, count: 1 },
    );
    run.values.push(Number.isFinite(value) ? value : null);
    if (run.values.length % repeats !== 0) continue;
    ctx.progress({ phase: 'score', done: run.values.length, total, message: `${proxy} of ${structure.slice(0, 60)}` });
    await ctx.saveCheckpoint(checkpointOf(run));
  }
};

const summaryOf = (
  { scoring }: ZenNasConfig,
  rows: readonly ScoredStructure[],
  candidatesPerSecond: number,
): ZenNasSummary => {
  const [proxy = 'zen'] = scoring.proxies;
  const meanOf = (row: ScoredStructure) => row.figures[proxy]?.mean ?? null;
  const finite = rows.filter((row) => meanOf(row) !== null);
  const [best] = finite.toSorted((a, b) => (meanOf(b) ?? 0) - (meanOf(a) ?? 0));
  if (best === undefined) throw new NonFiniteError(`${proxy} is a finite number of none of the structures`);
  return {
    structure: best.structure,
    score: meanOf(best) ?? 0,
    params: best.exact.params,
    flops: best.exact.flops,
    depth: best.depth,
    candidatesScored: rows.length,
    candidatesRejected: rows.length - finite.length,
    candidatesPerSecond,
    testAccuracy: null,
    testLoss: null,
    epochs: 0,
  };
};
