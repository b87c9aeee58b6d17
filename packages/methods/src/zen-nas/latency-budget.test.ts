import '../testing/setup.ts';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type LatencyTable,
  METHODS,
  parseStructure,
  resolveConfig,
  superBlocks,
  type TimedUnit,
  type ZenNasConfig,
} from '@crucible/contracts';
import { predictLatency } from '../latency/predict.ts';
import { unitShapes, workOf } from '../latency/unit-shape.ts';
import { DataError } from '../method.ts';
import { createFakeContext } from '../testing/fake-context.ts';
import { syntheticDataset } from '../testing/synthetic-dataset.ts';
import { zenNas } from './run.ts';

const START = 'SuperConvK3BNRELU(1,8,2,1)SuperResK3K3(8,8,2,8,1)SuperConvK1BNRELU(8,16,1,1)';
const IMAGE = { resolution: 8, classes: 4 };
const DATASET = syntheticDataset({ ...IMAGE, channels: 1, trainCount: 8, testCount: 4 });
const SHA256 = 'a'.repeat(64);

/** A device on which a unit takes a hundredth of a millisecond per thousand multiply-accumulates. */
const TABLE: LatencyTable = {
  format: 1,
  engine: { name: 'cpu', device: 'a phone', threads: 1, isa: '', versions: {} },
  protocol: { batch: 1, warmup: 0, repeats: 2, rounds: 1 },
  overheadMs: 0.01,
  units: unitShapes(superBlocks(parseStructure(START)), IMAGE).map((shape): TimedUnit => {
    const ms = (0.01 * workOf(shape).denseMacs) / 1000;
    return { ...shape, ms, sd: 0, low: ms, high: ms, rejected: 0 };
  }),
  networks: [],
  error: { networks: 0, meanAbsolutePercentage: null, kendall: null, spearman: null },
  stages: [],
};

const msOf = (structure: string): number => predictLatency(TABLE, superBlocks(parseStructure(structure)), IMAGE);
const LIMIT = 1.5 * msOf(START);

const configWith = (budget: object): ZenNasConfig =>
  resolveConfig('zen-nas', {
    score: { batchSize: 2 },
    search: {
      initStructure: START,
      population: 8,
      warmPool: 4,
      iterations: 40,
      generation: 20,
      finalRescoreTopK: 2,
      finalRescoreRepeats: 1,
    },
    budget: { depth: 6, latencyTable: { fromArtifact: SHA256, sha256: SHA256 }, ...budget },
    training: { epochs: 0 },
  }) as ZenNasConfig;

const search = async (config: ZenNasConfig, bytes = new TextEncoder().encode(JSON.stringify(TABLE))) => {
  const inputs = new Map([[SHA256, bytes]]);
  const ctx = createFakeContext({ descriptor: METHODS['zen-nas'], dataset: DATASET, seed: 2, inputs });
  await zenNas.run(config, ctx);
  const front = new TextDecoder().decode(ctx.artifacts.get('pareto-front.csv'));
  const population = JSON.parse(new TextDecoder().decode(ctx.artifacts.get('population.json')));
  const structures: string[] = population.members.map(({ structure }: { structure: string }) => structure);
  return { structures, front, rejected: ctx.metrics.get('search/rejected-latency@40') ?? 0 };
};

describe('the latency budget', () => {
  it('keeps every member within the prediction of the table, and refuses others for it', async () => {
    const { structures, rejected } = await search(configWith({ latencyMs: LIMIT }));
    assert.ok(structures.length > 2 && structures.every((structure) => msOf(structure) <= LIMIT));
    assert.ok(rejected > 0);
    const free = await search(configWith({}));
    assert.equal(free.rejected, 0);
    assert.ok(free.structures.some((structure) => msOf(structure) > LIMIT));
  });

  it('tells latencies in the front wherever there is a table', async () => {
    const { front } = await search(configWith({}));
    const [header, ...rows] = front.trim().split('\n');
    assert.ok(header?.endsWith('on_latency_front'));
    for (const row of rows) {
      const [, structure = '', rest = ''] = /^"(.*)",(.*)$/.exec(row) ?? [];
      assert.equal(Number(rest.split(',')[4]), msOf(structure));
    }
    assert.ok(rows.some((row) => row.endsWith(',1')));
  });

  it('refuses a limit without a table, and bytes that are none', async () => {
    assert.throws(
      () => configWith({ latencyMs: 1, latencyTable: null }),
      ({ faults }) => faults[0].pointer === '/config/budget/latencyTable',
    );
    await assert.rejects(search(configWith({}), new TextEncoder().encode('{}')), DataError);
  });
});
