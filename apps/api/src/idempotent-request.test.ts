import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fingerprintOf } from './idempotent-request.ts';

describe('fingerprintOf', () => {
  it('does not depend on the order of keys at any depth', () => {
    assert.equal(fingerprintOf({ a: 1, b: [{ c: 1, d: 2 }] }), fingerprintOf({ b: [{ d: 2, c: 1 }], a: 1 }));
  });

  it('tells apart values, the order of lists, and types', () => {
    const bodies = [{ a: 1 }, { a: 2 }, { a: '1' }, { a: [1, 2] }, { a: [2, 1] }, { a: null }, {}, null];
    assert.equal(new Set(bodies.map(fingerprintOf)).size, bodies.length);
  });

  it('takes an absent body as null', () => {
    assert.equal(fingerprintOf(undefined), fingerprintOf(null));
  });
});
