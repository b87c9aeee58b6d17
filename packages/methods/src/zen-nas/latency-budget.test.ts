import '../testing/setup.ts';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type LatencyTable,
  METHODS,
  parseStructure,
  resolveConfig,
  superBlocks,
  type ZenNasConfig,
} from '@crucible/contracts';
import { distinctShapes } from '../latency/measure-plan.ts';
import { predictLatency } from '../latency/predict.ts';
import { unitShapes, workOf } from '../latency/unit-shape.ts';
import { DataError } from '../method.ts';
import { createFakeContext } from '../testing/fake-context.ts';
import { syntheticDataset } from '../testing/synthetic-dataset.ts';
import { budgetOf } from './budget.ts';
import { zenNas } from './run.ts';

const DATASET = syntheticDataset({ resolution: 8, channels: 1, classes: 4, trainCount: 27, testCount: 20 });
const image = { resolution: 8, classes: 4 };
const blocksOf = (text: string) => superBlocks(parseStructure(text));
const START = 'SuperConvK3BNRELU(1,8,2,1)SuperResK3K3(8,8,2,8,1)SuperConvK1BNRELU(8,16,1,1)';

/** A table of a device on which latency is work. */
const TABLE: LatencyTable = {
  format: 1,
  engine: { name: 'cpu', device: 'of the table', threads: 1, isa: '', versions: {} },
  protocol: { batch: 1, warmup: 0, repeats: 2, rounds: 1 },
  overheadMs: 0.25,
  units: distinctShapes(
    [START, START.replaceAll('8,8,2,8', '8,24,2,16').replace('(8,16,1', '(24,16,1')].flatMap((text) =>
      unitShapes(blocksOf(text), image),
    ),
  ).map((shape) => {
    const ms = 0.1 + workOf(shape).denseMacs / 1e5;
    return { ...shape, ms, sd: 0, low: ms, high: ms, rejected: 0 };
  }),
  networks: [],
  error: { networks: 0, meanAbsolutePercentage: null, kendall: null, spearman: null },
  stages: [],
};
const sha256 = 'c'.repeat(64);
const configOf = (milliseconds: number) =>
  resolveConfig('zen-nas', {
    score: { batchSize: 2 },
    search: {
      initStructure: START,
      population: 6,
      warmPool: 3,
      iterations: 40,
      generation: 10,
      finalRescoreTopK: 2,
      finalRescoreRepeats: 1,
    },
    budget: { params: 90_000, depth: 6, latency: { table: { fromArtifact: sha256, sha256 }, milliseconds } },
    training: { epochs: 0 },
  }) as ZenNasConfig;
const contextOf = (bytes = new TextEncoder().encode(JSON.stringify(TABLE))) =>
  createFakeContext({ descriptor: METHODS['zen-nas'], dataset: DATASET, seed: 5, inputs: new Map([[sha256, bytes]]) });

describe('a latency budget by a table', () => {
  const startMs = predictLatency(TABLE, blocksOf(START), image);

  it('keeps every member within it, turns others away, and gives the front its latencies', async () => {
    const ctx = contextOf();
    const limit = 1.2 * startMs;
    await zenNas.run(configOf(limit), ctx);
    const text = new TextDecoder().decode(ctx.artifacts.get('population.json'));
    const { members } = JSON.parse(text) as { members: { structure: string }[] };
    assert.ok(members.length > 1);
    for (const { structure } of members) assert.ok(predictLatency(TABLE, blocksOf(structure), image) <= limit);
    const rejected = [...ctx.metrics].filter(([name]) => name.startsWith('search/rejected-latency@'));
    assert.ok((rejected.at(-1)?.[1] ?? 0) > 0);
    const [header = '', row = ''] = new TextDecoder().decode(ctx.artifacts.get('pareto-front.csv')).split('\n');
    const latency = row.slice(row.lastIndexOf('"') + 2).split(',')[header.split(',').indexOf('latency_ms') - 1];
    assert.ok(Number(latency) > 0 && Number(latency) <= limit, row);
  });

  it('refuses a start structure beyond it, and bytes that are no table', async () => {
    await assert.rejects(zenNas.run(configOf(0.9 * startMs), contextOf()), /start structure breaks budget.latency/);
    await assert.rejects(
      budgetOf(configOf(1), contextOf(Uint8Array.of(123)), image),
      (error) => error instanceof DataError && /no JSON/.test(error.message),
    );
  });
});
