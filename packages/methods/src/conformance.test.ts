import './testing/setup.ts';
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { fits, METHOD_IDS, METHODS, type MethodDescriptor, type MethodId, resolveConfig } from '@crucible/contracts';
import * as tf from '@tensorflow/tfjs-core';
import { type Checkpoint, type Method, Stopped, type StopRequest } from './method.ts';
import { createRng } from './random/create-rng.ts';
import { RUNNERS } from './registry.ts';
import { createFakeContext, type FakeContext } from './testing/fake-context.ts';
import { syntheticDataset } from './testing/synthetic-dataset.ts';

/** A config of every method that runs in about a second, and phases that must be stopped in. */
const SMALL: Record<MethodId, { config: object; phases: readonly string[] }> = {
  genet: {
    phases: ['profile', 'train', 'test', 'distil', 'verify'],
    config: {
      structure: 'SuperConvK3BNRELU(1,8,2,1)SuperResKXKX(8,16,3,2,1,1)SuperResK1DWK1(16,8,3,1,2,1)',
      space: { changeKind: false, kernels: [3], blRatios: [], dwRatios: [2], deltaDepth: 0, widthFactors: [1.5] },
      latency: { batch: 1, warmup: 0, repeats: 5, rounds: 1, networks: 1 },
      search: { masterEpochs: 1, samplesPerBlock: 4, bins: 64, topM: 1, randomNetworks: 1, masterShare: 1.1 },
      training: { epochs: 1, batchSize: 8, evalBatchSize: 8, validationSamples: 9, loader: { threads: 0 } },
    },
  },
  'zen-nas': {
    phases: ['search', 'rescore', 'train', 'test'],
    config: {
      score: { batchSize: 2 },
      search: {
        initStructure: 'SuperConvK3BNRELU(1,8,2,1)SuperResK3K3(8,8,2,8,1)SuperConvK1BNRELU(8,16,1,1)',
        population: 6,
        warmPool: 3,
        iterations: 24,
        generation: 5,
        finalRescoreTopK: 3,
        finalRescoreRepeats: 2,
      },
      budget: { params: 9_000, flops: 300_000, depth: 4 },
      training: {
        epochs: 2,
        batchSize: 8,
        learningRate: 0.05,
        warmupSteps: 2,
        augmentation: 'crop-flip',
        squeezeExcite: true,
        evalBatchSize: 8,
        loader: { threads: 0 },
      },
    },
  },
};

const DATASET = syntheticDataset({ resolution: 8, channels: 1, classes: 4, trainCount: 27, testCount: 20 });

/** Rates depend on the clock; everything else must not. */
const isRate = (name: string): boolean => /per-?second/i.test(name);
const withoutRates = (entries: Iterable<[string, unknown]>) => new Map([...entries].filter(([name]) => !isRate(name)));

class Killed extends Error {}

for (const id of METHOD_IDS)
  describe(`${id} keeps the contract of a method`, () => {
    const descriptor: MethodDescriptor = METHODS[id];
    const method: Method<never, unknown> = RUNNERS[id];
    const config = resolveConfig(id, SMALL[id].config) as never;

    /** One attempt; the summary is null if it was stopped or killed. */
    const attempt = async (resumeFrom: Checkpoint | null, stop: (call: number) => StopRequest = () => 'no') => {
      const ctx = createFakeContext({ descriptor, dataset: DATASET, seed: 3, resumeFrom, stop });
      const numTensors = tf.memory().numTensors;
      let summary: Record<string, unknown> | null = null;
      try {
        summary = (await method.run(config, ctx)) as Record<string, unknown>;
      } catch (error) {
        if (!(error instanceof Stopped) && !(error instanceof Killed)) throw error;
      }
      assert.equal(tf.memory().numTensors, numTensors, 'tensors leaked');
      return { ctx, summary };
    };

    let whole: Awaited<ReturnType<typeof attempt>>;
    // not in the body: bodies of several suites run interleaved, and then tensors of one count as leaks of another
    before(async () => {
      whole = await attempt(null);
    });

    /** Runs to the end in several attempts, each ended at the given question, and compares the end with `whole`. */
    const compareWithWhole = async (ends: readonly number[], end: () => StopRequest): Promise<FakeContext[]> => {
      const metrics = new Map<string, number>();
      const artifacts = new Map<string, Uint8Array>();
      const contexts: FakeContext[] = [];
      let checkpoint: Checkpoint | null = null;
      let summary: Record<string, unknown> | null = null;
      for (const at of [...ends, Number.POSITIVE_INFINITY]) {
        const result = await attempt(checkpoint, (call) => (call === at ? end() : 'no'));
        contexts.push(result.ctx);
        for (const [name, value] of result.ctx.metrics) metrics.set(name, value);
        for (const [name, bytes] of result.ctx.artifacts) artifacts.set(name, bytes);
        checkpoint = result.ctx.checkpoints.at(-1) ?? checkpoint;
        summary = result.summary;
        if (summary !== null) break;
      }
      assert.deepEqual(withoutRates(Object.entries(summary ?? {})), withoutRates(Object.entries(whole.summary ?? {})));
      assert.deepEqual(withoutRates(metrics), withoutRates(whole.ctx.metrics));
      assert.deepEqual(artifacts, whole.ctx.artifacts);
      return contexts;
    };

    it('returns a summary that fits its schema, leaves its artifacts and reports its metrics', () => {
      assert.ok(fits(descriptor.summary, whole.summary), JSON.stringify(whole.summary));
      assert.deepEqual(new Set(whole.ctx.artifacts.keys()), new Set(descriptor.artifacts.map(({ name }) => name)));
      const reported = new Set([...whole.ctx.metrics.keys()].map((key) => key.split('@')[0]));
      for (const { name } of descriptor.metrics) assert.ok(reported.has(name), `${name} is never reported`);
      assert.deepEqual(new Set(whole.ctx.progressLines.map(({ phase }) => phase)), new Set(SMALL[id].phases));
    });

    it('gives the same bits again', async () => {
      await compareWithWhole([], () => 'no');
    });

    it('stops at the question, with a checkpoint if released and without one if canceled', async () => {
      for (const request of ['release', 'cancel'] as const)
        for (const at of [1, Math.ceil(whole.ctx.questions / 2), whole.ctx.questions]) {
          let saved = 0;
          const stop = (call: number) => (call >= at ? request : 'no');
          const { ctx, summary } = await attempt(null, stop);
          saved = ctx.checkpoints.length;
          assert.equal(summary, null);
          assert.equal(ctx.questions, at);
          const { ctx: killed } = await attempt(null, (call) => {
            if (call >= at) throw new Killed();
            return 'no';
          });
          assert.equal(saved - killed.checkpoints.length, request === 'release' ? 1 : 0);
          assert.deepEqual(withoutRates(ctx.metrics), withoutRates(killed.metrics));
        }
    });

    it('ends with the same bits when it is released at any step and goes on', async () => {
      const rng = createRng(4, 'release');
      const points = [1, whole.ctx.questions, ...Array.from({ length: 6 }, () => 1 + rng.below(whole.ctx.questions))];
      for (const at of points) {
        const [first] = await compareWithWhole([at], () => 'release');
        assert.equal(first?.questions, at);
      }
      await compareWithWhole([9, 9, 9, 9, 9, 9], () => 'release');
    });

    it('ends with the same bits when it is killed at any step and goes on from its last checkpoint', async () => {
      const rng = createRng(4, 'kill');
      for (const at of Array.from({ length: 6 }, () => 1 + rng.below(whole.ctx.questions)))
        await compareWithWhole([at], () => {
          throw new Killed();
        });
    });
  });
