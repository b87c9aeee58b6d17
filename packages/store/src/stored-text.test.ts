import assert from 'node:assert/strict';
import { it } from 'node:test';
import { requiredJson, storableJson, storableText } from './stored-text.ts';

it('replaces what Postgres cannot hold and nothing else', () => {
  assert.equal(storableText('a\0b'), 'a\uFFFDb');
  assert.equal(
    storableText('\uD83D half, \uD83D\uDE00 whole, \uDE00 half'),
    '\uFFFD half, \uD83D\uDE00 whole, \uFFFD half',
  );
});

it('cleans keys and values of JSON at every depth', () => {
  const text = requiredJson({ 'k\0': ['v\0', { deep: '\uD800' }], n: 1, none: null });
  assert.deepEqual(JSON.parse(text), { 'k\uFFFD': ['v\uFFFD', { deep: '\uFFFD' }], n: 1, none: null });
});

it('keeps the order of keys', () => {
  assert.equal(requiredJson({ b: 1, a: { z: 1, y: 2 } }), '{"b":1,"a":{"z":1,"y":2}}');
});

it('stores null as SQL null or as JSON null, as asked', () => {
  assert.equal(storableJson(null), null);
  assert.equal(storableJson(undefined), null);
  assert.equal(requiredJson(null), 'null');
});
