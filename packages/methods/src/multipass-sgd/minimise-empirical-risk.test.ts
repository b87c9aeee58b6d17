import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createRng } from '../random/create-rng.ts';
import { meanRisk } from './cell-result.ts';
import { generalisedLinear } from './generalised-linear.ts';
import { empiricalParabola, minimiseEmpiricalRisk } from './minimise-empirical-risk.ts';
import type { Problem } from './problem.ts';

const rng = (name: string) => createRng(8, name);
const features = { dimension: 5, conditionNumber: 20, noise: 0.5 };
const glm = (a: number): Problem => generalisedLinear({ kind: 'glm', ...features, linkAmplitude: a });
const draw = (problem: Problem, count: number, seed: number) => {
  const truth = problem.truth(rng(`truth ${seed}`));
  return { truth, sample: problem.sample(truth, count, rng(`x ${seed}`), rng(`noise ${seed}`)) };
};

it('ends where the gradient of the empirical risk vanishes, below every run of SGD', () => {
  for (const a of [0, 0.5, 0.8]) {
    const problem = glm(a);
    for (let seed = 0; seed < 20; seed++) {
      const { sample } = draw(problem, 40, seed);
      const minimiser = minimiseEmpiricalRisk(sample, a);
      assert.ok(minimiser !== null);
      const { risk, gradient } = problem.empirical(minimiser, 0, sample);
      assert.ok(Math.hypot(...gradient) <= 1e-8, `gradient ${Math.hypot(...gradient)}`);
      const weights = new Float64Array(5);
      for (let pass = 0; pass < 30; pass++)
        problem.descend(
          weights,
          0,
          new Float64Array(40).fill(0.3 / (1 + pass)),
          sample,
          rng(`${pass}`).permutation(40),
          null,
        );
      assert.ok(risk <= problem.empirical(weights, 0, sample).risk);
    }
  }
});

it('has the exact mean excess risk of least squares, noise^2 d / (2 (n - d - 1)), within four standard errors', () => {
  const problem = glm(0);
  const excess = Array.from({ length: 400 }, (_, seed) => {
    const { truth, sample } = draw(problem, 25, seed);
    return problem.population(minimiseEmpiricalRisk(sample, 0) as Float64Array, 0, truth).excess;
  });
  const { mean, standardError } = meanRisk(excess);
  const exact = (0.25 * 5) / (2 * (25 - 5 - 1));
  assert.ok(Math.abs(mean - exact) < 4 * standardError, `${mean} +- ${standardError}, want ${exact}`);
});

it('knows no minimiser of fewer samples than features', () => {
  const { sample } = draw(glm(0.5), 4, 0);
  assert.equal(minimiseEmpiricalRisk(sample, 0.5), null);
});

it('describes the linear risk as a parabola', () => {
  const problem = glm(0);
  const { sample } = draw(problem, 30, 1);
  const parabola = empiricalParabola(sample);
  assert.ok(parabola !== null);
  const { mu, smoothness, smallestRisk, gap } = parabola;
  const weights = Float64Array.of(1, -2, 0.5, 3, -1);
  const { risk, gradient } = problem.empirical(weights, 0, sample);
  assert.ok(Math.abs(risk - smallestRisk - gap(weights, 0)) < 1e-12);
  const squared = gradient.reduce((sum, value) => sum + value * value, 0);
  assert.ok(2 * mu * gap(weights, 0) <= squared && squared <= 2 * smoothness * gap(weights, 0));
});
