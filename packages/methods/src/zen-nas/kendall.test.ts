import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { kendallTau } from './kendall.ts';

describe('kendallTau', () => {
  it('is 1 for the same order, -1 for the opposite one, whatever the values', () => {
    assert.equal(kendallTau([1, 2, 3, 10], [-5, 0, 0.1, 7]), 1);
    assert.equal(kendallTau([1, 2, 3, 10], [4, 3, 2, 1]), -1);
  });

  it('counts the pairs that agree: one swap of neighbours among four takes a third', () => {
    assert.ok(Math.abs(kendallTau([1, 2, 3, 4], [1, 3, 2, 4]) - 2 / 3) < 1e-12);
  });

  it('gives the tau-b of a worked example with ties', () => {
    // pairs: 4 agree, 1 disagrees, 1 is tied in a alone; untied 5 in a, 6 in b
    assert.ok(Math.abs(kendallTau([1, 1, 2, 3], [1, 2, 4, 3]) - 3 / Math.sqrt(30)) < 1e-12);
  });

  it('is no number where one list is constant, and refuses lists of different lengths', () => {
    assert.ok(Number.isNaN(kendallTau([1, 1], [1, 2])));
    assert.throws(() => kendallTau([1], [1, 2]), /1 values cannot be ranked against 2/);
  });
});
