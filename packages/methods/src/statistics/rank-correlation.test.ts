import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { kendallTau, spearmanRho } from './rank-correlation.ts';

const near = (value: number | null, wanted: number) => assert.ok(Math.abs((value ?? Number.NaN) - wanted) < 1e-12);

for (const correlate of [kendallTau, spearmanRho])
  describe(correlate.name, () => {
    it('is 1 for the same order, -1 for the opposite one, whatever the values', () => {
      assert.equal(correlate([1, 2, 3, 10], [-5, 0, 0.1, 7]), 1);
      assert.equal(correlate([1, 2, 3, 10], [4, 3, 2, 1]), -1);
    });

    it('is null where one column is constant or empty, and refuses columns of different lengths', () => {
      assert.equal(correlate([1, 1], [1, 2]), null);
      assert.equal(correlate([], []), null);
      assert.throws(() => correlate([1], [1, 2]), /1 values cannot be ranked against 2/);
    });
  });

describe('rank correlations worked out by hand', () => {
  it('one swap of neighbours among four', () => {
    near(kendallTau([1, 2, 3, 4], [1, 3, 2, 4]), 2 / 3);
    near(spearmanRho([1, 2, 3, 4], [1, 3, 2, 4]), 0.8);
  });

  it('ties: tau-b, and mean ranks', () => {
    // pairs: 4 agree, 1 disagrees, 1 is tied in the first alone; untied 5 and 6
    near(kendallTau([1, 1, 2, 3], [1, 2, 4, 3]), 3 / Math.sqrt(30));
    // ranks 1.5, 1.5, 3, 4 against 1, 2, 4, 3
    near(spearmanRho([1, 1, 2, 3], [1, 2, 4, 3]), 3.5 / Math.sqrt(4.5 * 5));
  });
});
