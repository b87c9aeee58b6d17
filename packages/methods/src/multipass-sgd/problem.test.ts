import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SyntheticProblem } from '@crucible/contracts';
import { createRng } from '../random/create-rng.ts';
import { generalisedLinear } from './generalised-linear.ts';
import { empiricalParabola } from './minimise-empirical-risk.ts';
import type { Problem, Sample } from './problem.ts';
import { problemOf } from './run-synthetic.ts';

const rng = (name: string) => createRng(5, name);
const features = { dimension: 4, conditionNumber: 10, noise: 0.3 };
const CONFIGS: Record<string, SyntheticProblem> = {
  linear: { kind: 'linear', ...features, design: 'gaussian' },
  rademacher: { kind: 'linear', ...features, design: 'rademacher' },
  'glm a=0.5': { kind: 'glm', ...features, linkAmplitude: 0.5 },
  'glm a=0.8': { kind: 'glm', ...features, linkAmplitude: 0.8 },
  'deep linear': { kind: 'two-layer', ...features, hidden: 3, activation: 'linear' },
  tanh: { kind: 'two-layer', ...features, hidden: 3, activation: 'tanh' },
};

const draw = (problem: Problem, count: number, seed = 0) => {
  const truth = problem.truth(rng(`truth ${seed}`));
  return { truth, sample: problem.sample(truth, count, rng(`features ${seed}`), rng(`noise ${seed}`)) };
};
const randomWeights = (problem: Problem, name: string): Float64Array => {
  const weights = new Float64Array(problem.numParameters);
  rng(name).fillNormal(weights);
  return weights;
};
const squaredNorm = (values: Float64Array): number => values.reduce((sum, value) => sum + value * value, 0);
const near = (a: number, b: number, relative: number, what = '') =>
  assert.ok(Math.abs(a - b) <= relative * Math.max(Math.abs(a), Math.abs(b), 1e-12), `${what} ${a} is not ${b}`);

/** Gradient of `risk` by central differences. */
const numericGradient = (weights: Float64Array, risk: (weights: Float64Array) => number): Float64Array =>
  weights.map((value, j) => {
    const at = (change: number): number => risk(weights.map((w, i) => (i === j ? value + change : w)));
    return (at(1e-5) - at(-1e-5)) / 2e-5;
  });
const one = (sample: Sample, i: number): Sample => {
  const d = sample.x.length / sample.count;
  return { x: sample.x.slice(i * d, (i + 1) * d), y: sample.y.slice(i, i + 1), count: 1 };
};

for (const [name, config] of Object.entries(CONFIGS))
  describe(`${name} problem`, () => {
    const problem = problemOf(config, rng);
    const { truth, sample } = draw(problem, 30);

    it('steps along the gradient that finite differences give, and the empirical gradient is their mean', () => {
      const weights = randomWeights(problem, 'weights');
      const sum = new Float64Array(weights.length);
      for (let i = 0; i < sample.count; i++) {
        const want = numericGradient(weights, (w) => problem.empirical(w, 0, one(sample, i)).risk);
        const moved = weights.slice();
        problem.descend(moved, 0, Float64Array.of(0.5), sample, Int32Array.of(i), null);
        moved.forEach((value, j) => {
          const gradient = ((weights[j] as number) - value) / 0.5;
          assert.ok(Math.abs(gradient - (want[j] as number)) < 1e-6 * (1 + Math.abs(want[j] as number)));
          sum[j] = (sum[j] as number) + gradient / sample.count;
        });
      }
      problem.empirical(weights, 0, sample).gradient.forEach((value, j) => {
        near(value, sum[j] as number, 1e-9);
      });
    });

    it('has the population gradient of its population risk, which is zero risk at no weights but those of the truth', () => {
      const weights = randomWeights(problem, 'somewhere');
      const { squaredGradient, excess } = problem.population(weights, 0, truth);
      const want = numericGradient(weights, (w) => problem.population(w, 0, truth).excess);
      near(squaredGradient, squaredNorm(want), 1e-5);
      assert.ok(excess > 0);
    });

    it('agrees on the population risk with the mean over 200,000 samples without noise', () => {
      const exact = problemOf({ ...config, noise: 0 }, rng);
      const { sample: many } = draw(exact, 200_000);
      for (const scale of [0.3, 1]) {
        const weights = randomWeights(problem, 'compared').map((value) => value * scale);
        const tolerance = name === 'tanh' ? 0.15 : 0.03; // the tanh network is looked at over 1000 points
        near(problem.population(weights, 0, truth).excess, exact.empirical(weights, 0, many).risk, tolerance);
      }
    });

    it('draws the same first samples however many are drawn', () => {
      const { sample: longer } = draw(problem, 47);
      assert.deepEqual(longer.x.subarray(0, sample.x.length), sample.x);
      assert.deepEqual(longer.y.subarray(0, sample.y.length), sample.y);
    });
  });

describe('generalised linear model', () => {
  for (const a of [0, 0.5, 0.8]) {
    const config = { kind: 'glm', ...features, linkAmplitude: a } as const;
    const problem = generalisedLinear(config);

    it(`bounds every gradient by its loss at a = ${a}: |grad l|^2 <= 2 (1 + a)^2 |x|^2 l`, () => {
      const { sample } = draw(problem, 300);
      for (let i = 0; i < sample.count; i++) {
        const single = one(sample, i);
        const { risk, gradient } = problem.empirical(randomWeights(problem, `w ${i}`), 0, single);
        assert.ok(squaredNorm(gradient) <= 2 * (1 + a) ** 2 * squaredNorm(single.x) * risk * (1 + 1e-12));
      }
    });

    it(`meets the PL condition on every noiseless sample at a = ${a}, with the mu that is proved`, () => {
      const exact = generalisedLinear({ ...config, noise: 0 });
      for (let draws = 0; draws < 50; draws++) {
        const { sample } = draw(exact, 12, draws);
        const mu = ((1 - a) ** 4 * (empiricalParabola(sample)?.mu ?? Number.NaN)) / (1 + a) ** 2;
        for (let i = 0; i < 20; i++) {
          const weights = randomWeights(exact, `probe ${i}`).map((value) => value * 10 ** (i / 5 - 2));
          const { risk, gradient } = exact.empirical(weights, 0, sample); // its smallest value is zero
          assert.ok(squaredNorm(gradient) >= 2 * mu * risk * (1 - 1e-12));
        }
      }
    });

    it(`keeps its risks, bit for bit, when features grow by c and step sizes fall by c^2 at a = ${a}`, () => {
      const { sample } = draw(problem, 40);
      const c = 4;
      const scaled = { ...sample, x: sample.x.map((value) => value * c) };
      const order = rng('order').permutation(40);
      const [plain, other] = [new Float64Array(4), new Float64Array(4)];
      problem.descend(plain, 0, new Float64Array(40).fill(0.2), sample, order, null);
      problem.descend(other, 0, new Float64Array(40).fill(0.2 / c ** 2), scaled, order, null);
      assert.deepEqual(
        other.map((value) => value * c),
        plain,
      );
      assert.equal(problem.empirical(other, 0, scaled).risk, problem.empirical(plain, 0, sample).risk);
    });

    it(`does not see a rotation of the features at a = ${a}`, () => {
      const { sample } = draw(problem, 40);
      const angle = 0.7;
      const turned = sample.x.slice();
      for (let i = 0; i < 40; i++) {
        const [x0, x1] = [sample.x[4 * i] as number, sample.x[4 * i + 1] as number];
        turned[4 * i] = Math.cos(angle) * x0 - Math.sin(angle) * x1;
        turned[4 * i + 1] = Math.sin(angle) * x0 + Math.cos(angle) * x1;
      }
      const order = rng('order').permutation(40);
      const rates = new Float64Array(40).fill(0.2);
      const [plain, other] = [new Float64Array(4), new Float64Array(4)];
      problem.descend(plain, 0, rates, sample, order, null);
      problem.descend(other, 0, rates, { ...sample, x: turned }, order, null);
      near(problem.empirical(other, 0, { ...sample, x: turned }).risk, problem.empirical(plain, 0, sample).risk, 1e-12);
    });
  }

  it('has no excess risk and no gradient at the truth', () => {
    const problem = generalisedLinear({ kind: 'glm', ...features, linkAmplitude: 0.8 });
    const { truth } = draw(problem, 1);
    const { excess, squaredGradient } = problem.population(truth, 0, truth);
    assert.ok(excess < 1e-15 && squaredGradient < 1e-30);
  });
});
