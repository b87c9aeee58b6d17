import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { effectText, isAbove, isBelow, pairedDifference, pairedRatio, wins } from './paired-effect.ts';

const near = (a: number | undefined, b: number, tolerance: number) =>
  assert.ok(a !== undefined && Math.abs(a - b) <= tolerance, `${a} is not ${b}`);

describe('pairedDifference', () => {
  it('gives the interval of the textbook: differences 1, 2, 3, 4, 5 have mean 3 and half width 1.963', () => {
    const effect = pairedDifference('gain', [11, 22, 33, 44, 55], [10, 20, 30, 40, 50]);
    assert.deepEqual([effect.seeds, effect.mean], [5, 3]);
    // t(0.975, 4) = 2.77645, standard error sqrt(2.5 / 5)
    near(effect.interval?.[0], 3 - 2.77645 * Math.sqrt(0.5), 1e-5);
    near(effect.interval?.[1], 3 + 2.77645 * Math.sqrt(0.5), 1e-5);
    assert.ok(isAbove(effect, 1) && !isAbove(effect, 1.1) && isBelow(effect, 5) && !isBelow(effect, 4.9));
  });

  it('does not see what all seeds share: an offset per pair leaves the interval as it is', () => {
    const control = [0.3, 0.8, 0.1, 0.5];
    const treatment = [0.35, 0.83, 0.16, 0.52];
    const plain = pairedDifference('gain', treatment, control);
    const shifted = pairedDifference(
      'gain',
      treatment.map((value, i) => value + 7 * i),
      control.map((value, i) => value + 7 * i),
    );
    near(shifted.mean, plain.mean, 1e-12);
    near(shifted.interval?.[0], plain.interval?.[0] as number, 1e-12);
  });

  it('covers the true effect in about 95 % of 2000 samples', () => {
    let state = 1;
    const uniform = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (state + 0.5) / 2 ** 32;
    };
    const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
    let covered = 0;
    for (let sample = 0; sample < 2000; sample++) {
      const treatment = Array.from({ length: 6 }, () => 0.4 + normal());
      const { interval } = pairedDifference('gain', treatment, [0, 0, 0, 0, 0, 0]);
      if (interval !== null && interval[0] <= 0.4 && interval[1] >= 0.4) covered += 1;
    }
    near(covered / 2000, 0.95, 0.015);
  });

  it('has no interval from one pair, so that no claim holds by it', () => {
    const effect = pairedDifference('gain', [2], [1]);
    assert.equal(effect.interval, null);
    assert.ok(!isAbove(effect, 0) && !isBelow(effect, 2));
  });

  it('refuses what does not pair up or is not finite', () => {
    assert.throws(() => pairedDifference('gain', [1, 2], [1]), /gain: 2 and 1 values/);
    assert.throws(() => pairedDifference('gain', [], []), /do not make pairs/);
    assert.throws(() => pairedDifference('gain', [1, Number.NaN], [1, 2]), /not finite/);
  });
});

describe('pairedRatio', () => {
  it('is the geometric mean, and turns over when the sides change', () => {
    const ratio = pairedRatio('gain', [2, 8], [1, 1]);
    near(ratio.mean, 4, 1e-12);
    const other = pairedRatio('gain', [1, 1], [2, 8]);
    near(other.mean, 1 / 4, 1e-12);
    near(other.interval?.[0], 1 / (ratio.interval?.[1] as number), 1e-12);
  });

  it('refuses values that are not positive', () =>
    assert.throws(() => pairedRatio('gain', [1, 0], [1, 1]), /positive/));
});

it('counts the pairs that are won, and prints an effect with its interval', () => {
  assert.equal(wins([1, 2, 3], [0, 2, 4]), 1);
  assert.equal(effectText({ name: 'x', seeds: 2, mean: 0.123456, interval: [-1, 2.00004] }), '0.1235 [-1, 2]');
});
