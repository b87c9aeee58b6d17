import '../testing/setup.ts';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { cutJob, METHODS, mapReferences, resolveConfig, type ZenNasConfig } from '@crucible/contracts';
import { type Checkpoint, DataError, Stopped, type StopRequest } from '../method.ts';
import { createRng } from '../random/create-rng.ts';
import { createFakeContext, type FakeContext } from '../testing/fake-context.ts';
import { syntheticDataset } from '../testing/synthetic-dataset.ts';
import { welcome } from './island-round.ts';
import { joined } from './join-islands.ts';
import { zenNas } from './run.ts';
import { emptySearch, type SearchState } from './search.ts';

const DATASET = syntheticDataset({ resolution: 8, channels: 1, classes: 4, trainCount: 16, testCount: 8 });
const CONFIG = resolveConfig('zen-nas', {
  score: { batchSize: 2 },
  search: {
    initStructure: 'SuperConvK3BNRELU(1,8,2,1)SuperResK3K3(8,8,2,8,1)SuperConvK1BNRELU(8,16,1,1)',
    population: 5,
    warmPool: 3,
    iterations: 24,
    generation: 5,
    finalRescoreTopK: 2,
    finalRescoreRepeats: 2,
    islands: { count: 3, migrateEvery: 9, migrants: 2 },
  },
  budget: { params: 9_000, flops: 300_000, depth: 4 },
  training: { epochs: 0 },
}) as ZenNasConfig;

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Runs a job in attempts of at most `questions` questions each, released or killed in turn, to its end. */
async function run(config: ZenNasConfig, inputs: ReadonlyMap<string, Uint8Array>, questions: () => number) {
  let resumeFrom: Checkpoint | null = null;
  for (let attempt = 0; ; attempt++) {
    const last = questions();
    const stop = (call: number): StopRequest => {
      if (call < last) return 'no';
      if (attempt % 2 === 0) return 'release';
      throw new Stopped();
    };
    const ctx: FakeContext = createFakeContext({
      descriptor: METHODS['zen-nas'],
      dataset: DATASET,
      seed: 3,
      resumeFrom,
      inputs,
      stop,
    });
    try {
      const { candidatesPerSecond: _, ...summary } = await zenNas.run(config, ctx);
      return { summary, artifacts: ctx.artifacts, metrics: ctx.metrics };
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
    }
    resumeFrom = ctx.checkpoints.at(-1) ?? resumeFrom;
  }
}

/** Runs all jobs of a search, each as soon as what it reads is there, in an order that `pick` chooses. */
async function runAll(config: ZenNasConfig, pick: (ready: number) => number, questions: () => number) {
  const cut = cutJob('zen-nas', config);
  assert.ok(cut !== null);
  const waiting = [...cut.parts, { ref: 'whole', config: cut.config }];
  const files = new Map<string, Uint8Array>();
  const hashes = new Map<string, string>();
  for (;;) {
    const ready = waiting.filter((part) => {
      let isReady = true;
      mapReferences(part.config, (reference) => {
        if ('fromJob' in reference && !hashes.has(reference.fromJob)) isReady = false;
        return reference;
      });
      return isReady;
    });
    const next = ready[pick(ready.length)];
    assert.ok(next !== undefined);
    waiting.splice(waiting.indexOf(next), 1);
    const filled = mapReferences(next.config, (reference) => {
      const sha256 = 'fromJob' in reference ? hashes.get(reference.fromJob) : undefined;
      return sha256 === undefined ? reference : { ...reference, sha256 };
    });
    const end = await run(filled as ZenNasConfig, files, questions);
    if (next.ref === 'whole') return { ...end, hashes };
    const file = end.artifacts.get('search.json');
    assert.ok(file !== undefined);
    files.set(hashOf(file), file);
    hashes.set(next.ref, hashOf(file));
  }
}

const never = () => Number.POSITIVE_INFINITY;

describe('a search on islands', async () => {
  const quiet = await runAll(CONFIG, () => 0, never);

  it('ends with the same bytes in whatever order its rounds run, and however often they are interrupted', async () => {
    for (const seed of [1, 2, 3]) {
      const rng = createRng(seed, 'disturbances');
      assert.deepEqual(
        await runAll(
          CONFIG,
          (ready) => rng.below(ready),
          () => 1 + rng.below(12),
        ),
        quiet,
      );
    }
  });

  it('draws on each island what no other one draws, and makes all of its iterations', () => {
    assert.equal(new Set(quiet.hashes.values()).size, quiet.hashes.size);
    const search = JSON.parse(new TextDecoder().decode(quiet.artifacts.get('search.json'))).search as SearchState;
    const rejected = Object.values(search.rejected).reduce((sum, count) => sum + count, 0);
    assert.equal(search.iteration, 3 * 24);
    assert.ok(search.scored > 0 && search.scored + rejected <= 72);
    assert.ok(search.population.length <= CONFIG.search.population);
  });

  it('lets the best of an island live on the next one', async () => {
    const alone = await runAll(
      { ...CONFIG, search: { ...CONFIG.search, islands: { ...CONFIG.search.islands, migrants: 0 } } },
      () => 0,
      never,
    );
    const differ = [...quiet.hashes].filter(([ref, hash]) => alone.hashes.get(ref) !== hash).map(([ref]) => ref);
    assert.ok(differ.every((ref) => !ref.endsWith('round-0')));
    assert.ok(differ.length > 0);
  });

  it('refuses what was made with other data, and to run where nobody cuts it', async () => {
    const cut = cutJob('zen-nas', CONFIG);
    const file = new TextEncoder().encode(JSON.stringify({ dataset: 'other', search: emptySearch() }));
    const inputs = new Map([[hashOf(file), file]]);
    const config = mapReferences(cut?.config, (reference) => ({ ...reference, sha256: hashOf(file) })) as ZenNasConfig;
    await assert.rejects(run(config, inputs, never), DataError);
    await assert.rejects(run(CONFIG, inputs, never), /runs as jobs of a pool/);
  });
});

describe('migration', () => {
  const searchOf = (...scores: [string, number][]): SearchState => ({
    ...emptySearch(),
    iteration: 10,
    scored: scores.length,
    population: scores.map(([structure, score]) => ({ structure, score })),
  });

  it('copies the best that do not live here yet, best first', () => {
    const island = searchOf(['a', 1], ['b', 2]);
    welcome(island, searchOf(['c', 3], ['b', 2], ['d', 4], ['e', 1]), 3);
    assert.deepEqual(
      island.population.map(({ structure }) => structure),
      ['a', 'b', 'd', 'c'],
    );
  });

  it('joins islands to the best of all, each structure once, the earlier one first on ties', () => {
    const whole = joined([searchOf(['a', 1], ['b', 2]), searchOf(['c', 2], ['a', 1], ['d', 3])], 3);
    assert.deepEqual(
      whole.population.map(({ structure }) => structure),
      ['d', 'b', 'c'],
    );
    assert.deepEqual([whole.iteration, whole.scored], [20, 5]);
  });
});
