import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CrucibleError, type JobView } from '@crucible/contracts';
import { checkFork, checkSubmission } from './submission.ts';

const refusalOf = (check: () => unknown): CrucibleError => {
  try {
    check();
  } catch (error) {
    assert.ok(error instanceof CrucibleError);
    return error;
  }
  throw new assert.AssertionError({ message: 'nothing was refused' });
};
const pointersOf = (error: CrucibleError) => error.faults.map(({ pointer }) => pointer).sort();

describe('checkSubmission', () => {
  it('fills in everything that may be left out', () => {
    const job = checkSubmission({ method: 'zen-nas' });
    assert.equal(job.name, 'zen-nas');
    assert.equal(job.methodVersion, '1');
    assert.deepEqual([job.priority, job.tags, job.resources], [50, {}, { pool: 'default', slots: 1 }]);
    assert.ok(Number.isInteger(job.seed) && job.seed >= 0 && job.seed < 2 ** 32);
    assert.equal((job.config as { search: { population: number } }).search.population, 256);
  });

  it('draws another seed each time', () => {
    const seeds = new Set(Array.from({ length: 8 }, () => checkSubmission({ method: 'zen-nas' }).seed));
    assert.ok(seeds.size > 1);
  });

  it('reports the faults of the body and of the config in one answer', () => {
    const refusal = refusalOf(() =>
      checkSubmission({
        method: 'zen-nas',
        priority: 101,
        color: 'red',
        config: { search: { populaton: 1, space: 'darts' }, budget: { params: -1 } },
      }),
    );
    assert.equal(refusal.code, 'invalid-config');
    assert.deepEqual(pointersOf(refusal), [
      '/color',
      '/config/budget/params',
      '/config/search/populaton',
      '/config/search/space',
      '/priority',
    ]);
  });

  it('calls a body that is wrong only outside its config an invalid request', () => {
    assert.equal(refusalOf(() => checkSubmission({ method: 'zen-nas', seed: -1 })).code, 'invalid-request');
    assert.deepEqual(pointersOf(refusalOf(() => checkSubmission(null))), ['/method']);
    assert.deepEqual(pointersOf(refusalOf(() => checkSubmission([]))), ['']);
  });

  it('names an unknown method and an unknown preset', () => {
    assert.equal(refusalOf(() => checkSubmission({ method: 'darts' })).code, 'unknown-method');
    const refusal = refusalOf(() => checkSubmission({ method: 'zen-nas', preset: 'nope', seed: 'x' }));
    assert.equal(refusal.code, 'unknown-preset');
    assert.deepEqual(pointersOf(refusal), ['/preset', '/seed']);
  });
});

describe('checkFork', () => {
  const old = {
    ...checkSubmission({ method: 'zen-nas', preset: 'demo', seed: 7, tags: { a: 'b' }, priority: 10 }),
    id: '00000000-0000-7000-8000-000000000000',
  } as unknown as JobView;
  const searchOf = (config: unknown) => (config as { search: { population: number; maxScored: number } }).search;

  it('repeats the old job when nothing is changed', () => {
    const fork = checkFork(old, undefined);
    assert.deepEqual(fork.config, old.config);
    assert.deepEqual([fork.seed, fork.tags, fork.priority, fork.forkedFrom], [7, { a: 'b' }, 10, old.id]);
  });

  it('lays the patch over the config, key by key', () => {
    const { config } = checkFork(old, { config: { search: { population: 20 } } });
    assert.deepEqual(searchOf(config), { ...searchOf(old.config), population: 20 });
    assert.notEqual(searchOf(old.config).population, 20);
  });

  it('checks the result as a whole', () => {
    const refusal = refusalOf(() => checkFork(old, { priority: 1000, config: { search: { warmPool: 5000 } } }));
    assert.deepEqual(pointersOf(refusal), ['/config/search/warmPool', '/priority']);
  });
});
