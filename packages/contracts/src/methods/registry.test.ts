import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CrucibleError } from '../errors.ts';
import { faultsOf } from '../validate.ts';
import { METHOD_IDS, METHODS, resolveConfig } from './registry.ts';

const faultsIn = (submitted: unknown): Record<string, string> => {
  try {
    resolveConfig('zen-nas', submitted);
  } catch (error) {
    assert.ok(error instanceof CrucibleError);
    assert.equal(error.code, 'invalid-config');
    return Object.fromEntries(error.faults.map((fault) => [fault.pointer, fault.message]));
  }
  return {};
};

describe('resolveConfig', () => {
  it('fills every default from an empty config', () => {
    const config = resolveConfig('zen-nas', {}) as { search: { population: number }; budget: { params: number } };
    assert.equal(config.search.population, 256);
    assert.equal(config.budget.params, 1e6);
    assert.deepEqual(faultsOf(METHODS['zen-nas'].config, config), []);
  });

  it('lays the submitted values over the preset, key by key', () => {
    const config = resolveConfig('zen-nas', { search: { population: 20 } }, 'demo') as {
      search: { population: number; maxScored: number };
    };
    assert.deepEqual([config.search.population, config.search.maxScored], [20, 500]);
  });

  it('reports five faults at once, each with its pointer, unknown keys among them', () => {
    const faults = faultsIn({
      dataset: { name: 'imagenet' },
      score: { alpha: 2 },
      search: { populaton: 8, space: 'darts' },
      budget: { params: -1 },
    });
    assert.deepEqual(Object.keys(faults).sort(), [
      '/config/budget/params',
      '/config/dataset/name',
      '/config/score/alpha',
      '/config/search/populaton',
      '/config/search/space',
    ]);
    assert.match(faults['/config/search/space'] ?? '', /xxbl, idw_fixfc/);
    assert.match(faults['/config/search/populaton'] ?? '', /not a known key/);
  });

  it('checks what the schema cannot say', () => {
    const brokenChain = 'SuperConvK3BNRELU(1,8,1,1)SuperResK3K3(16,16,1,8,1)';
    assert.deepEqual(faultsIn({ search: { initStructure: brokenChain } }), {
      '/config/search/initStructure': 'block 2 takes 16 channels, the block before it gives 8',
    });
    assert.match(
      faultsIn({ search: { initStructure: 'SuperConvK3BNRELU(1,8,1,1)SuperRes(8,8)' } })[
        '/config/search/initStructure'
      ] ?? '',
      /position 26: expected the name of a known block/,
    );
    assert.deepEqual(faultsIn({ search: { initStructure: 'SuperConvK3BNRELU(3,8,1,1)' } }), {
      '/config/search/initStructure': 'takes 3 input channels, fashion-mnist has 1',
    });
    assert.ok('/config/dataset/trainImages' in faultsIn({ dataset: { name: 'idx' } }));
  });

  it('refuses an unknown method and an unknown preset by name', () => {
    assert.throws(() => resolveConfig('darts', {}), { code: 'unknown-method' });
    assert.throws(() => resolveConfig('zen-nas', {}, 'nope'), { code: 'unknown-preset' });
  });

  it('accepts every preset of every method', () => {
    for (const id of METHOD_IDS) for (const preset of Object.keys(METHODS[id].presets)) resolveConfig(id, {}, preset);
  });
});
