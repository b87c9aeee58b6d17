import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createRng } from '@crucible/methods/testing';
import { bootstrapTaus } from './bootstrap-tau.ts';

const normals = (name: string, count: number): number[] => {
  const rng = createRng(1, name);
  return Array.from({ length: count }, () => rng.normal());
};

it('puts a predictor that follows the outcome above zero and above noise, and noise around zero', () => {
  const outcome = normals('outcome', 60);
  const near = outcome.map((value, i) => value + 0.5 * (normals('error', 60)[i] ?? 0));
  const { taus, above } = bootstrapTaus({ near, noise: normals('noise', 60) }, outcome, 'near');
  assert.ok((taus.near?.interval[0] ?? -1) > 0.4, JSON.stringify(taus.near));
  const [low = 1, high = -1] = taus.noise?.interval ?? [];
  assert.ok(low < 0 && high > 0, JSON.stringify(taus.noise));
  assert.ok((above.noise?.interval[0] ?? -1) > 0, JSON.stringify(above.noise));
  assert.deepEqual(Object.keys(above), ['noise']);
});

it('sees no difference between a predictor and its double, however far both are from the outcome', () => {
  const outcome = normals('outcome', 40);
  const noise = normals('other', 40);
  const { above } = bootstrapTaus({ noise, double: noise.map((value) => 2 * value) }, outcome, 'noise');
  assert.deepEqual(above.double, { value: 0, interval: [0, 0] });
});
