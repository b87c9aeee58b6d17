import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRng } from '../random/create-rng.ts';
import type { Rng } from '../random/rng.ts';
import { binsOf, InfeasibleError, type Option, type Selected, type Selection, selectBest } from './select.ts';
import type { Choice } from './space.ts';

const TYPES = [
  { family: 'genet-xx', kernel: 3, ratio: 1 },
  { family: 'genet-dw', kernel: 5, ratio: 3 },
] as const;

/** A selection with random gains and latencies, which depend on the width that enters. */
const randomSelection = (rng: Rng, places: number, bins = 128): Selection => {
  const options = Array.from({ length: places }, () =>
    TYPES.flatMap((type) =>
      [1, 2].flatMap((layers) => [8, 16, 24].map((out) => ({ choice: { type, layers, out }, gain: rng.normal() }))),
    ),
  );
  const factors = Array.from({ length: places }, () => 0.5 + rng.uniform());
  return {
    options,
    latency: (position, before, { type, layers, out }) =>
      (factors[position] as number) *
      (0.01 * (before ?? 8) * out + (layers - 1) * 0.012 * out * out) *
      (type.kernel / 3),
    rest: 0.7,
    budget: places * (3 + 4 * rng.uniform()),
    bins,
  };
};

const costOf = (selection: Selection, choices: readonly Choice[]): number =>
  choices.reduce(
    (sum, choice, i) => sum + binsOf(selection, selection.latency(i, choices[i - 1]?.out ?? null, choice)),
    binsOf(selection, selection.rest),
  );

/** All combinations within the budget, by falling gain. */
const bruteForce = (selection: Selection): { gain: number; bins: number }[] => {
  let all: Option[][] = [[]];
  for (const options of selection.options) all = all.flatMap((way) => options.map((option) => [...way, option]));
  return all
    .map((way) => ({
      gain: way.reduce((sum, { gain }) => sum + gain, 0),
      bins: costOf(
        selection,
        way.map(({ choice }) => choice),
      ),
    }))
    .filter(({ bins }) => bins <= selection.bins)
    .sort((a, b) => b.gain - a.gain);
};

/** From the cheapest network on, always the one change with the best gain per bin that the budget allows. */
const greedy = (selection: Selection): number | null => {
  let now = selection.options.map((options) => options[0] as Option);
  const bins = (way: readonly Option[]) =>
    costOf(
      selection,
      way.map(({ choice }) => choice),
    );
  const gain = (way: readonly Option[]) => way.reduce((sum, option) => sum + option.gain, 0);
  if (bins(now) > selection.bins) return null;
  for (;;) {
    let best: { way: Option[]; worth: number } | null = null;
    selection.options.forEach((options, i) => {
      for (const option of options) {
        const way = now.map((old, j) => (j === i ? option : old));
        const [more, cost] = [gain(way) - gain(now), bins(way) - bins(now)];
        if (more <= 1e-12 || bins(way) > selection.bins) continue;
        const worth = cost <= 0 ? Number.POSITIVE_INFINITY : more / cost;
        if (best === null || worth > best.worth) best = { way, worth };
      }
    });
    if (best === null) return gain(now);
    now = (best as { way: Option[] }).way;
  }
};

const near = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-9, `${a} ${b}`);

describe('selectBest', () => {
  it('finds what brute force finds, the best few in order, on up to four places', () => {
    for (let i = 0; i < 24; i += 1) {
      const selection = randomSelection(createRng(i, 'selection'), 1 + (i % 4));
      const all = bruteForce(selection);
      if (all.length === 0) {
        assert.throws(() => selectBest(selection, 5), InfeasibleError);
        continue;
      }
      const { found } = selectBest(selection, 5);
      assert.equal(found.length, Math.min(5, all.length));
      found.forEach((one, rank) => {
        near(one.gain, (all[rank] as { gain: number }).gain);
      });
    }
  });

  it('keeps the budget, in bins and in milliseconds, and gives each network once', () => {
    for (let i = 0; i < 10; i += 1) {
      const selection = randomSelection(createRng(i, 'budget'), 3);
      const { found } = selectBest(selection, 8);
      for (const { choices, bins } of found) {
        assert.equal(bins, costOf(selection, choices));
        const ms = choices.reduce(
          (sum, choice, at) => sum + selection.latency(at, choices[at - 1]?.out ?? null, choice),
          selection.rest,
        );
        assert.ok(bins <= selection.bins && ms <= selection.budget + 1e-9);
      }
      assert.equal(new Set(found.map(({ choices }: Selected) => JSON.stringify(choices))).size, found.length);
    }
  });

  it('is at least as good as greedy, and better somewhere', () => {
    let better = 0;
    for (let i = 0; i < 40; i += 1) {
      const selection = randomSelection(createRng(i, 'greedy'), 4);
      const other = greedy(selection);
      if (other === null) continue;
      const [best] = selectBest(selection, 1).found;
      assert.ok((best?.gain ?? Number.NaN) >= other - 1e-9);
      if ((best?.gain ?? 0) > other + 1e-9) better += 1;
    }
    assert.ok(better > 0);
  });

  it('gains no less with a larger budget in bins of the same size', () => {
    const base = randomSelection(createRng(3, 'growing'), 4);
    let last = Number.NEGATIVE_INFINITY;
    for (let factor = 1; factor <= 4; factor += 0.25) {
      const selection = { ...base, budget: base.budget * factor, bins: base.bins * factor };
      const gain = selectBest(selection, 1).found[0]?.gain ?? Number.NaN;
      assert.ok(gain >= last);
      last = gain;
    }
  });

  it('says when nothing keeps the budget', () => {
    const selection = { ...randomSelection(createRng(1, 'small'), 2), budget: 0.71 };
    assert.throws(() => selectBest(selection, 1), /no network of the space keeps 0.7100 ms per image; raise search/);
  });
});
