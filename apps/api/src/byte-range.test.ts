import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { byteRangeOf, isRangeOf } from './byte-range.ts';

describe('byteRangeOf', () => {
  const cases = [
    ['bytes=0-0', { first: 0, last: 0 }],
    ['bytes=2-5', { first: 2, last: 5 }],
    ['bytes=8-99', { first: 8, last: 9 }],
    ['bytes=7-', { first: 7, last: 9 }],
    ['bytes=-3', { first: 7, last: 9 }],
    ['Bytes= -99', { first: 0, last: 9 }],
    ['bytes=10-', 'unsatisfiable'],
    ['bytes=99-100', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=5-2', null],
    ['bytes=0-1,3-4', null],
    ['items=0-1', null],
    ['bytes=', null],
    ['bytes=-', null],
    [undefined, null],
  ] as const;
  for (const [header, expected] of cases)
    it(`reads ${header} of ten bytes`, () => assert.deepEqual(byteRangeOf(header, 10), expected));

  it('finds nothing in an empty representation', () => {
    assert.equal(byteRangeOf('bytes=0-', 0), 'unsatisfiable');
    assert.equal(byteRangeOf('bytes=-5', 0), 'unsatisfiable');
  });
});

describe('isRangeOf', () => {
  it('wants the strong tag itself', () => {
    assert.equal(isRangeOf(undefined, '"a"'), true);
    assert.equal(isRangeOf('"a"', '"a"'), true);
    assert.equal(isRangeOf('W/"a"', '"a"'), false);
    assert.equal(isRangeOf('Wed, 21 Oct 2015 07:28:00 GMT', '"a"'), false);
  });
});
