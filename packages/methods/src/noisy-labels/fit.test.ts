import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRng } from '../random/create-rng.ts';
import { allowedDeviation } from './allowed-deviation.ts';
import { areaUnderCurve } from './area-under-curve.ts';
import { halfTime } from './cell-summary.ts';
import { corruptLabels } from './corrupt-labels.ts';
import { fitByClass, fitFigures, fitShares } from './fit.ts';
import { memorisationGuide, unseenIdentity, validationIdentity } from './identities.ts';
import { signChange } from './sign-change.ts';
import { transitionMatrix } from './transition-matrix.ts';

const CLASSES = 5;
/** Labels of a noise, and a predictor that is right with probability `skill`, else says anything. */
const sample = (seed: number, kind: 'symmetric' | 'pair', rate: number, skill: number, count = 3000) => {
  const rng = createRng(seed, 'labels');
  const clean = Int32Array.from({ length: count }, () => rng.below(CLASSES));
  const matrix = transitionMatrix({ kind, rates: [], count: 'bernoulli' }, CLASSES, rate);
  const observed = corruptLabels(clean, matrix, {
    count: 'bernoulli',
    flip: createRng(seed, 'flip'),
    replacement: createRng(seed, 'replacement'),
  });
  const classes = clean.map((y) => (rng.uniform() < skill ? y : rng.below(CLASSES)));
  const losses = Float64Array.from(classes, (k, i) => (k === observed[i] ? 0.1 : 2) + rng.uniform());
  return { labels: { clean, observed }, matrix, predictions: { classes, losses } };
};

describe('areaUnderCurve', () => {
  it('is the share of pairs in order, ties counted half', () => {
    const rng = createRng(2, 'auc');
    const draw = (n: number) => Array.from({ length: n }, () => rng.below(8));
    const [upper, lower] = [draw(40), draw(30)];
    let pairs = 0;
    for (const u of upper) for (const l of lower) pairs += u > l ? 1 : u === l ? 0.5 : 0;
    assert.ok(Math.abs((areaUnderCurve(upper, lower) as number) - pairs / 1200) < 1e-12);
    assert.equal(areaUnderCurve([1, 1, 1], [1, 1]), 0.5);
    const bent = (values: number[]) => values.map((value) => Math.exp(value / 3));
    assert.equal(areaUnderCurve(bent(upper), bent(lower)), areaUnderCurve(upper, lower));
    assert.equal(areaUnderCurve([], [1]), null);
  });
});

describe('fit figures', () => {
  const { labels, predictions } = sample(3, 'symmetric', 0.3, 0.7);
  const figures = fitFigures(predictions, labels);
  const flipped = labels.clean.filter((y, i) => y !== labels.observed[i]).length;

  it('add up to the accuracy on the observed labels', () => {
    const right = predictions.classes.filter((k, i) => k === labels.observed[i]).length;
    const byParts = (figures.fitClean as number) * (3000 - flipped) + (figures.fitNoisy as number) * flipped;
    assert.ok(Math.abs(byParts - right) < 1e-6);
    assert.ok((figures.fitNoisy as number) + (figures.recovered as number) <= 1);
    assert.ok((figures.auc as number) > 0.5 && (figures.auc as number) < 1);
  });

  it('do not depend on the names of the classes', () => {
    const renamed = [3, 0, 4, 1, 2];
    const rename = (values: Int32Array) => values.map((k) => renamed[k] as number);
    const again = fitFigures(
      { ...predictions, classes: rename(predictions.classes) },
      { clean: rename(labels.clean), observed: rename(labels.observed) },
    );
    assert.deepEqual(again, figures);
  });

  it('of the classes are means of the whole', () => {
    const byClass = fitByClass(predictions.classes, labels, CLASSES);
    let fit = 0;
    byClass.forEach(({ fitNoisy }, y) => {
      fit += (fitNoisy as number) * labels.clean.filter((k, i) => k === y && labels.observed[i] !== k).length;
    });
    assert.ok(Math.abs(fit / flipped - (figures.fitNoisy as number)) < 1e-9);
  });

  it('are null where there is nothing to count', () => {
    assert.deepEqual(
      fitShares(Int32Array.of(1), { clean: Int32Array.of(1), observed: Int32Array.of(1) }, () => true),
      {
        fitClean: 1,
        fitNoisy: null,
        recovered: null,
      },
    );
  });
});

describe('identities of labels that were not trained on', () => {
  for (const kind of ['symmetric', 'pair'] as const)
    it(`hold for predictors that know nothing of the noise: ${kind}`, () => {
      for (let seed = 0; seed < 20; seed++) {
        const { labels, matrix, predictions } = sample(seed, kind, 0.4, 0.1 * (seed % 10));
        for (const identity of [
          unseenIdentity(predictions.classes, labels, matrix, (i) => i % 2 === 0),
          validationIdentity(predictions.classes, labels, matrix),
        ]) {
          assert.ok(identity && Math.abs(identity.z) < 4 && identity.slack > 0, JSON.stringify(identity));
        }
      }
    });

  it('leave nothing to chance where a flipped label has one class to go to', () => {
    for (const rate of [0.1, 0.2, 0.3]) {
      const { labels, matrix, predictions } = sample(4, 'pair', rate, 0.6);
      const identity = unseenIdentity(predictions.classes, labels, matrix, () => true);
      assert.ok(identity && identity.z === 0 && Number.isFinite(identity.slack) && identity.slack >= 0);
      const shift = (by: number) => labels.clean.map((y) => (y + by) % CLASSES);
      const wrong = unseenIdentity(shift(1), { ...labels, observed: shift(2) }, matrix, () => true);
      assert.ok(wrong && Number.isFinite(wrong.z) && wrong.slack < 0);
    }
  });

  it('are the closed forms of symmetric noise', () => {
    const { labels, matrix, predictions } = sample(1, 'symmetric', 0.4, 0.6);
    const identity = unseenIdentity(predictions.classes, labels, matrix, () => true);
    const flipped = [...labels.clean.keys()].filter((i) => labels.clean[i] !== labels.observed[i]);
    const accuracyOf = (places: number[]) =>
      places.filter((i) => predictions.classes[i] === labels.clean[i]).length / places.length;
    assert.ok(Math.abs((identity?.predicted ?? 0) - (1 - accuracyOf(flipped)) / (CLASSES - 1)) < 1e-9);
    const a = accuracyOf([...labels.clean.keys()]);
    const validation = validationIdentity(predictions.classes, labels, matrix);
    assert.ok(Math.abs(validation.predicted - (0.6 * a + (0.4 * (1 - a)) / (CLASSES - 1))) < 1e-9);
  });

  it('are violated by a predictor that was trained on the observed labels', () => {
    const { labels, matrix, predictions } = sample(1, 'symmetric', 0.4, 0.6);
    const cheating = predictions.classes.map((k, i) => (i % 3 === 0 ? (labels.observed[i] as number) : k));
    assert.ok((unseenIdentity(cheating, labels, matrix, () => true)?.slack ?? 0) < 0);
    assert.ok(validationIdentity(cheating, labels, matrix).slack < 0);
  });

  it('leave room for a single hit among few samples', () => {
    assert.ok(allowedDeviation(0.1, 1e-6) > 4);
    assert.ok(allowedDeviation(1e4, 1e-6) < 600);
  });
});

describe('figures of a curve', () => {
  it('have a half-time between the epochs', () => {
    assert.equal(halfTime([0.1, 0.3, 0.7, 0.9]), 2.5);
    assert.equal(halfTime([0.6]), 1);
    assert.equal(halfTime([0.1, 0.2]), null);
    assert.equal(halfTime([null, null]), null);
  });

  it('change sign between the rates', () => {
    assert.ok(Math.abs((signChange([0, 0.1, 0.2], [-0.2, -0.1, 0.1]) as number) - 0.15) < 1e-12);
    assert.equal(signChange([0, 0.1], [-0.2, -0.1]), null);
    assert.equal(signChange([0, 0.1], [0.1, 0.2]), null);
  });

  it('have a guide for what memorising costs', () => {
    assert.equal(memorisationGuide(0, 0.4, 10), 0.4);
    assert.ok(Math.abs(memorisationGuide(0.9, 0.4, 10) - 0.9) < 1e-12, 'chance stays chance');
  });
});
