import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertJson } from './assert-json.ts';

describe('assertJson', () => {
  it('accepts what JSON holds as it is', () =>
    assertJson({ a: [1, 'x', null, true, { b: 0.1 }], c: Object.create(null) }, 'state'));

  for (const [value, message] of [
    [{ a: [0, Number.NaN] }, /^TypeError: state\/a\/1 is NaN/],
    [{ a: undefined }, /state\/a is undefined/],
    [{ a: new Map() }, /state\/a is a Map/],
    [[new Float32Array(1)], /state\/0 is a Float32Array/],
    [{ a: 1n }, /state\/a is bigint/],
    [Number.POSITIVE_INFINITY, /state is Infinity/],
  ] as const)
    it(`refuses ${String(message)}`, () => assert.throws(() => assertJson(value, 'state'), message));
});
