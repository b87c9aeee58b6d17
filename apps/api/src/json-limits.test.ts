import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { limitFaults, MAX_JSON_DEPTH } from './json-limits.ts';

const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
const pointers = (document: unknown) => limitFaults(document).map(({ pointer }) => pointer);

describe('limitFaults', () => {
  it('accepts an ordinary document, emoji and all', () => {
    assert.deepEqual(limitFaults({ name: 'größe 🙂', tags: { a: 'b' }, list: [1, null, true] }), []);
  });

  it('allows the last level and refuses the one below', () => {
    assert.deepEqual(pointers(nested(MAX_JSON_DEPTH)), []);
    assert.deepEqual(pointers(nested(MAX_JSON_DEPTH + 1)), ['/0'.repeat(MAX_JSON_DEPTH)]);
  });

  it('finds text that cannot be stored in values and keys', () => {
    assert.deepEqual(pointers({ a: 'x\u0000', b: { c: '\ud800' }, 'k\u0000': 1 }), ['/a', '/b/c', '']);
  });

  it('refuses __proto__ as a key at any depth', () => {
    assert.deepEqual(pointers(JSON.parse('{"config":{"a/b":{"__proto__":{"x":1}}}}')), ['/config/a~1b/__proto__']);
  });
});
