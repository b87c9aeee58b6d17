import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { configOfSets, layered } from './set-paths.ts';

describe('configOfSets', () => {
  it('builds groups and reads values as JSON where they are JSON', () => {
    const sets = [
      'search.population=8',
      'training.learningRate=1e-3',
      'budget.params=null',
      'search.space=xxbl',
      'a.b="5"',
    ];
    assert.deepEqual(configOfSets(sets), {
      search: { population: 8, space: 'xxbl' },
      training: { learningRate: 0.001 },
      budget: { params: null },
      a: { b: '5' },
    });
  });

  it('keeps an equals sign inside a value', () => assert.deepEqual(configOfSets(['a=b=c']), { a: 'b=c' }));

  it('refuses what has no key or no value, and a key inside a value', () => {
    for (const set of ['population', '=3', 'a..b=1', '.a=1'])
      assert.throws(() => configOfSets([set]), { name: 'UsageError' }, set);
    assert.throws(() => configOfSets(['a=1', 'a.b=2']), /already has a value/);
  });

  it('takes __proto__ for an ordinary key', () => {
    const config = configOfSets(['__proto__.polluted=1']);
    assert.equal(Object.hasOwn(config, '__proto__'), true);
    assert.equal(Reflect.get({}, 'polluted'), undefined);
  });
});

describe('layered', () => {
  it('lays one config over another key by key', () => {
    const under = { search: { population: 48, space: 'xxbl' }, list: [1, 2] };
    assert.deepEqual(layered(under, { search: { population: 8 }, list: [3] }), {
      search: { population: 8, space: 'xxbl' },
      list: [3],
    });
    assert.equal(under.search.population, 48);
  });
});
