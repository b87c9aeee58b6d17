import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CrucibleError } from '../errors.ts';
import type { CutJob } from '../job-part.ts';
import { type PlacedReference, referencesIn } from '../reference.ts';
import { cutJob, resolveConfig } from './registry.ts';
import type { ZenNasConfig } from './zen-nas-config.ts';

const resolved = (search: object, rest: object = {}) => resolveConfig('zen-nas', { search, ...rest }) as ZenNasConfig;
const cutOf = (config: unknown): CutJob => {
  const cut = cutJob('zen-nas', config);
  assert.ok(cut !== null);
  return cut;
};
const faultsIn = (search: object, rest: object = {}): Record<string, string> => {
  try {
    resolved(search, rest);
  } catch (error) {
    assert.ok(error instanceof CrucibleError);
    return Object.fromEntries(error.faults.map(({ pointer, message }) => [pointer, message]));
  }
  return {};
};
const reads = (config: unknown) =>
  referencesIn(config).map(({ reference }: PlacedReference) => ('fromJob' in reference ? reference.fromJob : ''));

describe('cutIntoIslands', () => {
  const config = resolved({ iterations: 250, islands: { count: 3, migrateEvery: 100, migrants: 2 } });
  const { parts, config: whole } = cutOf(config);

  it('makes a job of each round of each island, the last round as short as what is left', () => {
    assert.equal(parts.length, 9);
    assert.equal(new Set(parts.map(({ ref }) => ref)).size, 9);
    assert.deepEqual(
      parts.slice(0, 4).map(({ name }) => name),
      [
        'island 1 of 3, round 1 of 3',
        'island 2 of 3, round 1 of 3',
        'island 3 of 3, round 1 of 3',
        'island 1 of 3, round 2 of 3',
      ],
    );
  });

  it('lets a round read the one before of its own island and of its neighbor, all of them earlier in the list', () => {
    assert.deepEqual(
      parts.slice(0, 6).map((part) => reads(part.config)),
      [
        [],
        [],
        [],
        ['island-0-round-0', 'island-2-round-0'],
        ['island-1-round-0', 'island-0-round-0'],
        ['island-2-round-0', 'island-1-round-0'],
      ],
    );
    assert.deepEqual(reads(whole), ['island-0-round-2', 'island-1-round-2', 'island-2-round-2']);
  });

  it('gives configs that fit, and that are cut no further; that of the whole is cut anew', () => {
    for (const part of parts) {
      assert.deepEqual(resolveConfig('zen-nas', part.config), part.config);
      assert.equal(cutJob('zen-nas', part.config), null);
    }
    assert.deepEqual(cutOf(resolveConfig('zen-nas', whole)), { parts, config: whole });
    const alone = resolveConfig('zen-nas', {
      ...(whole as ZenNasConfig),
      search: { ...(whole as ZenNasConfig).search, islands: { ...(whole as ZenNasConfig).search.islands, count: 1 } },
    });
    const { parts: none, config: plain } = cutOf(alone);
    assert.deepEqual([none, (plain as ZenNasConfig).search.islands.part], [[], undefined]);
  });

  it('leaves a search of one island as it is', () => {
    assert.equal(cutJob('zen-nas', resolved({})), null);
    assert.equal(cutJob('no-such-method', {}), null);
  });
});

describe('faults of search.islands', () => {
  it('are found in their places', () => {
    assert.deepEqual(faultsIn({ population: 8, warmPool: 4, islands: { count: 2, migrants: 9 } }), {
      '/config/search/islands/migrants': 'must be at most population',
    });
    assert.deepEqual(faultsIn({ iterations: 10_000, islands: { count: 4, migrateEvery: 10 } }), {
      '/config/search/islands/migrateEvery': 'cuts the search into 4000 jobs, at most 999: from 41 on',
    });
    assert.deepEqual(faultsIn({ iterations: 10_000, islands: { count: 4, migrateEvery: 41 } }), {});
    assert.deepEqual(Object.keys(faultsIn({ islands: { count: 2 } }, { structure: 'SuperConvK3BNRELU(1,8,1,1)' })), [
      '/config/search/islands/count',
    ]);
    assert.deepEqual(Object.keys(faultsIn({ islands: { count: 65, every: 3 } })).sort(), [
      '/config/search/islands/count',
      '/config/search/islands/every',
    ]);
  });

  it('tell of a part that no search has', () => {
    const file = (job: string) => ({ fromJob: job, artifact: 'search.json' });
    const from = { own: file('a'), neighbor: file('b') };
    const part = (round: object, count = 2) => faultsIn({ islands: { count, part: { kind: 'round', ...round } } });
    assert.deepEqual(part({ island: 1, round: 0 }), {});
    assert.deepEqual(Object.keys(part({ island: 0, round: 0 }, 1)), ['/config/search/islands/part']);
    assert.deepEqual(Object.keys(part({ island: 2, round: 96, from })), [
      '/config/search/islands/part/island',
      '/config/search/islands/part/round',
    ]);
    for (const wrong of [
      { island: 0, round: 1 },
      { island: 0, round: 0, from },
    ])
      assert.deepEqual(Object.keys(part(wrong)), ['/config/search/islands/part/from']);
    assert.deepEqual(Object.keys(part({ island: 0 })), ['/config/search/islands/part/round']);
  });
});
