import assert from 'node:assert/strict';
import { it } from 'node:test';
import { CrucibleError } from '../errors.ts';
import { resolveConfig } from './registry.ts';

const pointersOf = (config: object): string[] => {
  try {
    resolveConfig('multipass-sgd', config);
  } catch (error) {
    assert.ok(error instanceof CrucibleError && error.code === 'invalid-config');
    return error.faults.map(({ pointer }) => pointer);
  }
  return [];
};

it('refuses runs that are too long or too large', () => {
  assert.deepEqual(pointersOf({ sampleSizes: [1_000_000], passes: [1000], comparators: [] }), ['/config/passes']);
  assert.deepEqual(pointersOf({ sampleSizes: [100_000], seeds: 1000, comparators: [] }), ['/config/seeds']);
  const wide = { kind: 'two-layer', hidden: 512, dimension: 512 };
  assert.deepEqual(pointersOf({ problem: wide, sampleSizes: [10], comparators: [] }), ['/config/seeds']);
});

it('counts fresh samples, which are as many as a run visits', () => {
  const config = { problem: { kind: 'glm', dimension: 512 }, sampleSizes: [2000], passes: [100] };
  assert.deepEqual(pointersOf({ ...config, comparators: [] }), []);
  assert.deepEqual(pointersOf({ ...config, comparators: ['fresh'] }), ['/config/seeds']);
});

it('refuses what a problem does not have', () => {
  assert.deepEqual(pointersOf({ problem: { kind: 'two-layer' }, schedule: 'pl-decay' }), [
    '/config/comparators',
    '/config/schedule',
  ]);
  const net = { problem: { kind: 'net', shrink: 3 }, order: 'replacement', tailAverage: 0.5, comparators: ['gd'] };
  assert.deepEqual(pointersOf(net), [
    '/config/problem/shrink',
    '/config/order',
    '/config/tailAverage',
    '/config/comparators',
  ]);
});
