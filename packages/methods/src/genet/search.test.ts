import '../testing/setup.ts';
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import {
  type GenetConfig,
  type LatencyTable,
  METHODS,
  parseStructure,
  resolveConfig,
  superBlocks,
} from '@crucible/contracts';
import * as tf from '@tensorflow/tfjs-core';
import { encodeSafetensors } from '../data/safetensors.ts';
import { type Checkpoint, DataError, type MethodContext, Stopped } from '../method.ts';
import { createRng } from '../random/create-rng.ts';
import { createFakeContext, type FakeContext } from '../testing/fake-context.ts';
import { syntheticDataset } from '../testing/synthetic-dataset.ts';
import { modelTensors } from '../train/save-training.ts';
import { frozenNetwork, hybrid } from './hybrid.ts';
import { genet } from './run.ts';
import { freshNetwork } from './train-network.ts';

const DATASET = syntheticDataset({ resolution: 8, channels: 1, classes: 4, trainCount: 60, testCount: 20 });
const STRUCTURE = 'SuperConvK3BNRELU(1,8,2,1)SuperResKXKX(8,16,3,2,1,1)SuperResK1DWK1(16,16,3,1,2,2)';
const descriptor = METHODS.genet;
const SMALL = {
  structure: STRUCTURE,
  space: { kernels: [3], blRatios: [0.5], dwRatios: [2], deltaDepth: 1, widthFactors: [0.5] },
  latency: { batch: 1, warmup: 0, repeats: 2, rounds: 1, networks: 1 },
  search: { masterEpochs: 1, samplesPerBlock: 5, bins: 64, topM: 1, masterShare: 0.9 },
  training: { epochs: 1, batchSize: 20, evalBatchSize: 20, validationSamples: 20, loader: { threads: 0 } },
};
const configOf = (more: object = {}) => resolveConfig('genet', { ...SMALL, ...more }) as GenetConfig;
const rng = (name: string) => createRng(6, name);

let before = 0;
beforeEach(() => {
  before = tf.memory().numTensors;
});
afterEach(() => assert.equal(tf.memory().numTensors, before));

const text = (ctx: FakeContext, name: string) => new TextDecoder().decode(ctx.artifacts.get(name));
const tableOf = (ctx: FakeContext) => JSON.parse(text(ctx, 'latency-table.json')) as LatencyTable;

describe('a replaced block', () => {
  const blocks = superBlocks(parseStructure(STRUCTURE));
  const images = () => tf.randomUniform<tf.Rank.R4>([3, 8, 8, 1], 0, 1, 'float32', 1);

  /** A network whose weights and statistics are not those of the begin. */
  const trained = async () => {
    const network = freshNetwork(blocks, configOf(), DATASET, rng);
    for (const { name, value } of [...network.parameters, ...network.statistics]) {
      const drawn = new Float32Array(value.size);
      rng(`trained/${name}`).fillNormal(drawn);
      const isSpread = name.endsWith('variance') || name.endsWith('gamma');
      tf.tidy(() =>
        value.assign(tf.tensor(isSpread ? drawn.map((v) => 0.3 + Math.abs(v)) : drawn.map((v) => v / 2), value.shape)),
      );
    }
    return { network, tensors: await modelTensors(network) };
  };
  const largest = (a: tf.Tensor, b: tf.Tensor) => tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0] as number);

  it('that is the same changes nothing: it begins with the weights of the other', async () => {
    const { network, tensors } = await trained();
    const frozen = frozenNetwork(blocks, DATASET, tensors, rng);
    for (const at of [1, 2]) {
      const block = blocks[at];
      assert.ok(block);
      const same = hybrid({ blocks, frozen, tensors, at, block, batchNormMomentum: 0.1, rng });
      tf.tidy(() => {
        const x = images();
        assert.ok(largest(same.forward(x, false), network.forward(x, false)) < 1e-3);
        const { made, wanted } = same.features(x, false);
        assert.ok(largest(made, wanted) < 1e-3 && largest(wanted, tf.zerosLike(wanted)) > 0.1);
      });
      same.dispose();
    }
    for (const one of [network, frozen]) one.dispose();
  });

  it('of another kind and width still fits, and trains alone', async () => {
    const { network, tensors } = await trained();
    const frozen = frozenNetwork(blocks, DATASET, tensors, rng);
    const [block] = superBlocks(parseStructure('SuperResK1KXK1(8,24,5,2,0.5,2)'));
    assert.ok(block);
    const other = hybrid({ blocks, frozen, tensors, at: 1, block, batchNormMomentum: 0.1, rng });
    assert.ok(other.parameters.some(({ name }) => name.startsWith('adapter/')));
    assert.ok(other.parameters.every(({ name }) => /^(unit-[12]|adapter)\//.test(name)));
    const shapes = tf.tidy(() => {
      const { made, wanted } = other.features(images(), true);
      return [made.shape, wanted.shape, other.forward(images(), false).shape];
    });
    assert.deepEqual(shapes, [
      [3, 2, 2, 16],
      [3, 2, 2, 16],
      [3, 4],
    ]);
    for (const one of [network, frozen, other]) one.dispose();
  });
});

/** One attempt, with a clock of its own speed. */
const attempt = async (speed: number, resumeFrom: Checkpoint | null, stopIn: string | null, device = 'test') => {
  let phase = '';
  let asked = 0;
  const ctx = createFakeContext({
    descriptor,
    dataset: DATASET,
    seed: 2,
    resumeFrom,
    stop: () => {
      if (phase === stopIn) asked += 1;
      return asked > 0 ? 'release' : 'no';
    },
  });
  const own: MethodContext = Object.assign(Object.create(ctx) as MethodContext, {
    engine: { ...ctx.engine, device },
    seconds: () => speed * ctx.seconds() ** 1.1, // passes take longer and longer
    progress: (progress: { phase: string }) => {
      if (progress.phase !== 'test') phase = progress.phase; // what is tested is told by what was before
    },
  });
  const summary = await genet.run(configOf(), own).catch((error: unknown) => {
    if (error instanceof Stopped) return null;
    throw error;
  });
  return { ctx, summary };
};

describe('the search', () => {
  for (const phase of ['profile', 'train', 'distil', 'verify'])
    it(`stopped in ${phase} measures nothing again and selects the same, though the clock has another speed`, async () => {
      const first = await attempt(1, null, phase);
      assert.equal(first.summary, null);
      const checkpoint = first.ctx.checkpoints.at(-1);
      assert.ok(checkpoint);
      const second = await attempt(40, checkpoint, null);
      assert.ok(second.summary);
      const { measured } = checkpoint.state as { measured: { units: unknown[] } };
      assert.ok(measured.units.length > 0);
      assert.deepEqual(tableOf(second.ctx).units.slice(0, measured.units.length), measured.units);
      if (phase === 'profile') {
        const again = tableOf((await attempt(40, null, null)).ctx).units.slice(0, measured.units.length);
        assert.notDeepEqual(again, measured.units, 'the clock makes no difference');
        return;
      }
      const undisturbed = await attempt(1, null, null);
      for (const name of ['latency-table.json', 'coefficients.json', 'selection.json', 'variants.csv'])
        assert.equal(text(second.ctx, name), text(undisturbed.ctx, name), name);
      assert.deepEqual(second.summary, undisturbed.summary);
    });
});

describe('a search that goes on elsewhere', () => {
  it('begins its profile anew, if that is not whole: a table is of one device', async () => {
    const first = await attempt(1, null, 'profile');
    const checkpoint = first.ctx.checkpoints.at(-1);
    assert.ok(checkpoint);
    const table = tableOf((await attempt(40, checkpoint, null, 'another')).ctx);
    assert.equal(table.engine.device, 'another');
    const { measured } = checkpoint.state as { measured: { units: unknown[] } };
    assert.notDeepEqual(table.units.slice(0, measured.units.length), measured.units);
  });

  it('keeps the table of the device where it was measured, if it is whole', async () => {
    const first = await attempt(1, null, 'distil');
    const elsewhere = await attempt(40, first.ctx.checkpoints.at(-1) ?? null, null, 'another');
    assert.equal(text(elsewhere.ctx, 'latency-table.json'), text(first.ctx, 'latency-table.json'));
    assert.equal(tableOf(elsewhere.ctx).engine.device, 'test');
  });
});

describe('the other tasks', () => {
  const run = (config: GenetConfig, inputs: ReadonlyMap<string, Uint8Array> = new Map()) => {
    const ctx = createFakeContext({ descriptor, dataset: DATASET, seed: 2, inputs });
    return genet.run(config, ctx).then((summary) => ({ ctx, summary }));
  };
  const reference = (sha256: string) => ({ fromArtifact: sha256, sha256 });
  const [A, B] = ['a'.repeat(64), 'b'.repeat(64)];

  it('measure a table that a search takes', async () => {
    const profile = await run(
      configOf({ task: 'profile', latency: { ...SMALL.latency, structures: [STRUCTURE.replaceAll('16', '24')] } }),
    );
    const bytes = profile.ctx.artifacts.get('latency-table.json');
    assert.ok(bytes);
    const table = tableOf(profile.ctx);
    assert.equal(table.networks.length, 3);
    assert.equal(profile.summary.unitsMeasured, table.units.length);
    assert.equal(profile.summary.fastestKinds?.length, 2);

    const latency = { ...SMALL.latency, table: reference(A) };
    const search = await run(configOf({ latency }), new Map([[A, bytes]]));
    assert.equal(search.ctx.artifacts.has('latency-table.json'), false);
    assert.ok(search.summary.predictedMs !== null && search.summary.testAccuracy !== null);
    const bent = new TextEncoder().encode(JSON.stringify({ ...table, units: [] }));
    for (const [wrong, message] of [
      [bent, /does not fit its format: \/units/],
      [Uint8Array.of(1), /no JSON/],
    ] as const)
      await assert.rejects(
        run(configOf({ latency }), new Map([[A, wrong]])),
        (error) => error instanceof DataError && message.test(error.message),
      );
  });

  it('train a structure, and tell the ranks of its kernels, then and later', async () => {
    const trained = await run(configOf({ task: 'train' }));
    assert.ok(trained.summary.testAccuracy !== null && trained.summary.validationAccuracy !== null);
    const weights = trained.ctx.artifacts.get('weights.safetensors');
    assert.ok(weights);
    const config = configOf({ task: 'rank', weights: reference(B) });
    const later = await run(config, new Map([[B, weights]]));
    assert.equal(text(later.ctx, 'rank.csv'), text(trained.ctx, 'rank.csv'));
    assert.equal(text(later.ctx, 'rank.csv').trim().split('\n').length, 4);
    assert.equal(later.summary.rankTrend, trained.summary.rankTrend);
    await assert.rejects(run(config, new Map([[B, encodeSafetensors([])]])), /weights do not belong to the structure/);
  });

  it('refuse a structure that does not fit the images', async () => {
    const bytes = new TextEncoder().encode('SuperConvK3BNRELU(3,8,1,1)SuperResKXKX(8,8,3,1,1,1)');
    await assert.rejects(
      run(configOf({ structure: reference(A) }), new Map([[A, bytes]])),
      /takes 3 input channels, the images have 1/,
    );
  });
});
