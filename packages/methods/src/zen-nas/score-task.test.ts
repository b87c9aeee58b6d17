import '../testing/setup.ts';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  METHODS,
  parseStructure,
  resolveConfig,
  superBlocks,
  type ZenNasConfig,
  type ZenNasSummary,
} from '@crucible/contracts';
import * as tf from '@tensorflow/tfjs-core';
import { type Checkpoint, NonFiniteError, Stopped } from '../method.ts';
import { createRng } from '../random/create-rng.ts';
import { createFakeContext } from '../testing/fake-context.ts';
import { syntheticDataset } from '../testing/synthetic-dataset.ts';
import { zenNas } from './run.ts';
import { scoreCandidate, scoreStreams } from './score-candidate.ts';

const SMALL = 'SuperConvK3BNRELU(3,8,1,1)SuperResK3K3(8,8,2,8,1)SuperConvK1BNRELU(8,16,1,1)';
const DEEP = 'SuperConvK3BNRELU(3,8,1,1)SuperResK3K3(8,8,2,8,3)SuperConvK1BNRELU(8,16,1,1)';
const GENET = 'SuperConvK3BNRELU(3,8,2,1)SuperResKXKX(8,16,3,1,1,1)SuperResK1DWK1(16,16,3,1,3,1)';

const configOf = (scoring: object, rest: object = {}): ZenNasConfig =>
  resolveConfig('zen-nas', {
    task: 'score',
    score: { batchSize: 2 },
    scoring: { repeats: 3, resolution: 8, ...scoring },
    ...rest,
  }) as ZenNasConfig;

/** The task must not read data: a dataset that it asks for would be this one, whose size fits nothing. */
const dataset = syntheticDataset({ resolution: 9, channels: 1, classes: 2, trainCount: 2, testCount: 2 });

const contextOf = (resumeFrom: Checkpoint | null = null, stopAt = Number.POSITIVE_INFINITY) =>
  createFakeContext({
    descriptor: METHODS['zen-nas'],
    dataset,
    seed: 7,
    resumeFrom,
    stop: (call) => (call === stopAt ? 'release' : 'no'),
  });

const textOf = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

describe('task score', () => {
  it('gives mean, spread and interval of each proxy, both counters, depth and the shape of every stage', async () => {
    const ctx = contextOf();
    const config = configOf({ structures: [SMALL, DEEP, GENET], proxies: ['zen', 'params'] });
    const tensors = tf.memory().numTensors;
    const summary = (await zenNas.run(config, ctx)) as ZenNasSummary;
    assert.equal(tf.memory().numTensors, tensors);
    const { structures } = JSON.parse(textOf(ctx.artifacts.get('scores.json')));
    assert.equal(structures.length, 3);
    const [small, deep] = structures;

    const draws = await Promise.all(
      [0, 1, 2].map((first) =>
        scoreCandidate(
          SMALL,
          superBlocks(parseStructure(SMALL)),
          config,
          { resolution: 8, classes: 10 },
          scoreStreams((name) => createRng(7, name)),
          { first, count: 1 },
        ),
      ),
    );
    const mean = draws.reduce((sum, value) => sum + value, 0) / 3;
    const sd = Math.sqrt(draws.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 2);
    assert.ok(Math.abs(small.figures.zen.mean - mean) < 1e-9);
    assert.ok(Math.abs(small.figures.zen.sd - sd) < 1e-9 && sd > 0);
    assert.ok(Math.abs(small.figures.zen.halfWidth - (1.96 * sd) / Math.sqrt(3)) < 1e-9);
    assert.equal(small.figures.params.sd, 0);

    assert.ok(deep.figures.zen.mean > small.figures.zen.mean + 5, 'two more layers of two convolutions');
    assert.deepEqual([summary.structure, summary.score], [DEEP, deep.figures.zen.mean]);
    assert.deepEqual([small.depth, deep.depth], [3, 5]);
    assert.deepEqual(
      small.stages.map((stage: Record<string, unknown>) => [stage.resolution, stage.channels, stage.convolutions]),
      [
        [8, 8, 1],
        [4, 8, 2],
        [4, 16, 1],
      ],
    );
    const params = small.stages.reduce((sum: number, stage: { params: number }) => sum + stage.params, 0);
    assert.equal(small.exact.params, params + 16 * 10 + 10, 'the stages and the head are the network');
    assert.ok(small.repo.params < small.exact.params);

    const lines = textOf(ctx.artifacts.get('scores.csv')).trim().split('\n');
    assert.equal(lines.length, 1 + 3 * 2);
    assert.ok(lines[1]?.startsWith(`"${SMALL}",zen,${small.figures.zen.mean},`));
  });

  it('ends with the same bytes wherever it is released and goes on', async () => {
    const config = configOf({ structures: [SMALL, DEEP], proxies: ['zen', 'naswot'], repeats: 2 });
    const whole = contextOf();
    const summary = await zenNas.run(config, whole);
    for (const stopAt of [1, 2, 5, 8]) {
      const first = contextOf(null, stopAt);
      await assert.rejects(zenNas.run(config, first), Stopped);
      const second = contextOf(first.checkpoints.at(-1) ?? null);
      const resumed = await zenNas.run(config, second);
      assert.deepEqual({ ...resumed, candidatesPerSecond: 0 }, { ...summary, candidatesPerSecond: 0 });
      assert.deepEqual(second.artifacts, whole.artifacts);
    }
  });

  it('tells a figure that is no finite number as null, and fails when the ranking one is of no structure', async () => {
    // 16 ReLUs cannot tell 64 images apart: the kernel of their codes is singular
    const scoring = { structures: ['SuperConvK1BNRELU(1,1,2,1)'], proxies: ['params', 'naswot'], repeats: 2 };
    const config = configOf(scoring, { score: { batchSize: 64 } });
    const ctx = contextOf();
    await zenNas.run(config, ctx);
    const [row] = JSON.parse(textOf(ctx.artifacts.get('scores.json'))).structures;
    assert.deepEqual(row.figures.naswot, { mean: null, sd: null, halfWidth: null });
    assert.ok(row.figures.params.mean > 0);
    const failing = configOf({ ...scoring, proxies: ['naswot'] }, { score: { batchSize: 64 } });
    await assert.rejects(zenNas.run(failing, contextOf()), NonFiniteError);
  });

  it('refuses what cannot be scored, with a pointer to each fault', () => {
    const faultsOf = (config: object): Record<string, string> => {
      try {
        resolveConfig('zen-nas', config);
        return {};
      } catch (error) {
        const { faults } = error as { faults: { pointer: string; message: string }[] };
        return Object.fromEntries(faults.map(({ pointer, message }) => [pointer, message]));
      }
    };
    const faults = faultsOf({
      task: 'score',
      structure: SMALL,
      scoring: {
        structures: [SMALL, 'SuperConvK3BNRELU(3,8,1', 'SuperConvK3BNRELU(3,8,1,1)SuperResK3K3(9,8,1,8,1)'],
        proxies: ['zen', 'zen'],
      },
    });
    assert.deepEqual(Object.keys(faults).sort(), [
      '/config/scoring/proxies/1',
      '/config/scoring/structures/1',
      '/config/scoring/structures/2',
      '/config/structure',
    ]);
    assert.match(faults['/config/scoring/structures/2'] ?? '', /block 2 takes 9 channels/);
    assert.match(faultsOf({ task: 'score' })['/config/scoring/structures'] ?? '', /at least one structure/);
    assert.match(
      faultsOf({ scoring: { structures: [SMALL] } })['/config/scoring/structures'] ?? '',
      /belongs to task score/,
    );
  });
});
