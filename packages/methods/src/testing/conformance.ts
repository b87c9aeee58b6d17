import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { CrucibleError, fits, METHODS, type MethodDescriptor, type MethodId, resolveConfig } from '@crucible/contracts';
import * as tf from '@tensorflow/tfjs-core';
import { type Checkpoint, type Method, Stopped, type StopRequest } from '../method.ts';
import { createRng } from '../random/create-rng.ts';
import { createFakeContext, type FakeContext } from './fake-context.ts';
import { syntheticDataset } from './synthetic-dataset.ts';

/** A config of a method that runs in about a second, for the tests of what all methods must keep to. */
export interface TinyConfig {
  /** what it is an example of */
  name: string;
  config: Readonly<Record<string, unknown>>;
  /** phases that its progress must go through, and that are stopped in */
  phases: readonly string[];
}

const DATASET = syntheticDataset({ resolution: 8, channels: 1, classes: 4, trainCount: 27, testCount: 20 });
const SEED = 3;

/** Rates depend on the clock; everything else must not. */
const isRate = (name: string): boolean => /per-?second/i.test(name);
const withoutRates = (entries: Iterable<[string, unknown]>) => new Map([...entries].filter(([name]) => !isRate(name)));

class Killed extends Error {}

interface Attempt {
  ctx: FakeContext;
  /** null: it was stopped or killed */
  summary: Record<string, unknown> | null;
}

/**
 * Declares the tests that every method must pass: it stops at the question whether to, resumes with the same bits from a
 * release at any question and from a kill anywhere, leaks no tensor, reports and leaves what it declares and nothing else,
 * and refuses unknown keys.
 *
 * @param tiny between them, the configs must report every metric and leave every artifact
 */
export function conformance(id: MethodId, method: Method<never, unknown>, tiny: readonly TinyConfig[]): void {
  const descriptor: MethodDescriptor = METHODS[id];
  const wholes: Attempt[] = [];
  describe(`${id} keeps the contract of a method`, () => {
    for (const one of tiny) describe(one.name, () => conformanceOf(descriptor, method, one, wholes));

    it('reports every metric and leaves every artifact that it declares', () => {
      const reported = new Set(wholes.flatMap(({ ctx }) => [...ctx.metrics.keys()].map((key) => key.split('@')[0])));
      for (const { name } of descriptor.metrics) assert.ok(reported.has(name), `${name} is never reported`);
      const left = new Set(wholes.flatMap(({ ctx }) => [...ctx.artifacts.keys()]));
      assert.deepEqual(left, new Set(descriptor.artifacts.map(({ name }) => name)));
    });
  });
}

/** The tests of one config; what an undisturbed attempt left is added to `wholes`. */
function conformanceOf(
  descriptor: MethodDescriptor,
  method: Method<never, unknown>,
  { config: submitted, phases }: TinyConfig,
  wholes: Attempt[],
): void {
  const config = resolveConfig(descriptor.id, submitted) as never;

  const attempt = async (
    resumeFrom: Checkpoint | null,
    stop: (call: number) => StopRequest = () => 'no',
  ): Promise<Attempt> => {
    const ctx = createFakeContext({ descriptor, dataset: DATASET, seed: SEED, resumeFrom, stop });
    const before = tf.memory().numTensors;
    let summary: Attempt['summary'] = null;
    try {
      summary = (await method.run(config, ctx)) as Record<string, unknown>;
    } catch (error) {
      if (!(error instanceof Stopped) && !(error instanceof Killed)) throw error;
    }
    assert.equal(tf.memory().numTensors, before, 'tensors leaked');
    return { ctx, summary };
  };

  let whole: Attempt;
  // one attempt at a time: tensors are counted in the whole process
  before(async () => {
    whole = await attempt(null);
    wholes.push(whole);
  });

  /** Runs to the end in several attempts, each ended at the given question, and compares the end with `whole`. */
  const compareWithWhole = async (ends: readonly number[], end: () => StopRequest): Promise<FakeContext[]> => {
    const metrics = new Map<string, number>();
    const artifacts = new Map<string, Uint8Array>();
    const contexts: FakeContext[] = [];
    let checkpoint: Checkpoint | null = null;
    let summary: Attempt['summary'] = null;
    for (const at of [...ends, Number.POSITIVE_INFINITY]) {
      const result = await attempt(checkpoint, (call) => (call === at ? end() : 'no'));
      contexts.push(result.ctx);
      for (const [key, value] of result.ctx.metrics) metrics.set(key, value);
      for (const [key, bytes] of result.ctx.artifacts) artifacts.set(key, bytes);
      checkpoint = result.ctx.checkpoints.at(-1) ?? checkpoint;
      summary = result.summary;
      if (summary !== null) break;
    }
    assert.deepEqual(withoutRates(Object.entries(summary ?? {})), withoutRates(Object.entries(whole.summary ?? {})));
    assert.deepEqual(withoutRates(metrics), withoutRates(whole.ctx.metrics));
    assert.deepEqual(artifacts, whole.ctx.artifacts);
    return contexts;
  };

  it('returns a summary that fits its schema, and goes through its phases', () => {
    assert.ok(fits(descriptor.summary, whole.summary), JSON.stringify(whole.summary));
    assert.deepEqual(new Set(whole.ctx.progressLines.map(({ phase }) => phase)), new Set(phases));
  });

  it('gives the same bits again', async () => {
    await compareWithWhole([], () => 'no');
  });

  it('stops at the question, with a checkpoint if released and without one if canceled', async () => {
    for (const request of ['release', 'cancel'] as const)
      for (const at of [1, Math.ceil(whole.ctx.questions / 2), whole.ctx.questions]) {
        const { ctx, summary } = await attempt(null, (call) => (call >= at ? request : 'no'));
        assert.equal(summary, null);
        assert.equal(ctx.questions, at);
        const { ctx: killed } = await attempt(null, (call) => {
          if (call >= at) throw new Killed();
          return 'no';
        });
        assert.equal(ctx.checkpoints.length - killed.checkpoints.length, request === 'release' ? 1 : 0);
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

  it('refuses a key that it does not know, at every depth of its config', () => {
    for (const pointer of objectsIn(config)) {
      const changed = structuredClone(config) as Record<string, unknown>;
      let at = changed;
      for (const key of pointer) at = at[key] as Record<string, unknown>;
      at.surprise = 1;
      const where = `/config${pointer.map((key) => `/${key}`).join('')}/surprise`;
      assert.throws(
        () => resolveConfig(descriptor.id, changed),
        (error) => error instanceof CrucibleError && error.faults.some((fault) => fault.pointer === where),
        where,
      );
    }
  });
}

/** Paths of the objects in a document, itself first. */
function objectsIn(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.entries(value).flatMap(([key, member]) => objectsIn(member, [...path, key]));
  return Array.isArray(value) ? inner : [[...path], ...inner];
}
