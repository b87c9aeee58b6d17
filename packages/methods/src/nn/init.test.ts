import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRng } from '../random/create-rng.ts';
import {
  constant,
  convFans,
  fanInUniform,
  heNormal,
  type Initialiser,
  lecunNormal,
  truncatedNormal,
  xavierNormal,
} from './init.ts';

const FANS = convFans(3, 8, 32);
const draw = (init: Initialiser) => {
  const values = new Float32Array(40_000);
  init(values, FANS, createRng(9, 'init'));
  return values;
};
const deviation = (values: Float32Array) => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);
const largest = (values: Float32Array) => values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);

describe('initialisers', () => {
  it('count fans with the window', () => assert.deepEqual(FANS, { in: 72, out: 288 }));

  for (const [name, init, expected] of [
    ['He, forward', heNormal(), Math.sqrt(2 / 72)],
    ['He, backward', heNormal('out'), Math.sqrt(2 / 288)],
    ['Xavier', xavierNormal(3), 3 * Math.sqrt(2 / 360)],
    ['LeCun', lecunNormal(), Math.sqrt(1 / 72)],
    ['fan-in uniform', fanInUniform(), 1 / Math.sqrt(3 * 72)],
    // variance of a normal cut at two deviations: 1 - 4 phi(2) / (2 Phi(2) - 1) = 0.7737
    ['truncated normal', truncatedNormal(0.5), 0.5 * Math.sqrt(0.7737)],
  ] as const)
    it(`have the deviation of their rule: ${name}`, () => {
      const values = draw(init);
      assert.ok(Math.abs(deviation(values) / expected - 1) < 0.015, `${deviation(values)} ${expected}`);
      assert.deepEqual(draw(init), values);
    });

  it('keep within their limits', () => {
    assert.ok(largest(draw(truncatedNormal(0.5))) <= 1);
    assert.ok(largest(draw(fanInUniform())) <= 1 / Math.sqrt(72));
    assert.ok(draw(constant(0.25)).every((value) => value === 0.25));
  });
});
