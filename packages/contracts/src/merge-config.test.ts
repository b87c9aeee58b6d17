import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mergeConfig } from './merge-config.ts';

describe('mergeConfig', () => {
  const base = { optimizer: { kind: 'sgd', momentum: 0.9 }, epochs: 3, views: [{ op: 'flip' }] };

  it('lays objects over one another key by key, and leaves the base as it is without a patch', () => {
    const patched = mergeConfig(base, { optimizer: { momentum: 0.5 } });
    assert.deepEqual(patched, { ...base, optimizer: { kind: 'sgd', momentum: 0.5 } });
    assert.equal(mergeConfig(base, undefined), base);
    assert.equal(base.optimizer.momentum, 0.9);
  });

  it('replaces an object of another kind whole, and one of the same kind key by key', () => {
    const { optimizer: adam } = mergeConfig(base, { optimizer: { kind: 'adam', beta1: 0.8 } }) as typeof base;
    assert.deepEqual(adam, { kind: 'adam', beta1: 0.8 });
    const { optimizer: sgd } = mergeConfig(base, { optimizer: { kind: 'sgd', nesterov: true } }) as typeof base;
    assert.deepEqual(sgd, { kind: 'sgd', momentum: 0.9, nesterov: true });
  });

  it('replaces lists, names and null whole', () => {
    assert.deepEqual(mergeConfig(base, { views: [] }), { ...base, views: [] });
    assert.deepEqual(mergeConfig(base, { views: 'none' }), { ...base, views: 'none' });
    assert.deepEqual(mergeConfig(base, { optimizer: null }), { ...base, optimizer: null });
  });
});
