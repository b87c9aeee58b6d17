import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertSuite } from './assert-suite.ts';
import { ENGINE_CASES } from './cases.ts';
import { runOnEngine } from './run-on-engine.ts';
import { SKIP_LIST } from './skip-list.ts';

/** The engines that run on any machine of the project; WebGPU has a file of its own, since it needs a driver. */
const CPU_ENGINES = [
  ['cpu', 1],
  ['onednn', 1],
  ['onednn', 2],
] as const;

for (const [engine, threads] of CPU_ENGINES) {
  const [first, second] = await Promise.all([runOnEngine(engine, threads), runOnEngine(engine, threads)]);
  describe(`${engine} with ${threads} thread(s)`, () => {
    assertSuite(first);
    it('computes every number alike, to the last bit, in another process', () => {
      assert.match(first.sha256, /^[0-9a-f]{64}$/);
      assert.equal(second.sha256, first.sha256);
    });
  });
}

describe('the suite', () => {
  it('names each case once', () => {
    const names = ENGINE_CASES.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
  });

  it('excludes only cases that there are, each for a reason', () => {
    for (const { name, reason, part } of SKIP_LIST) {
      const excluded = ENGINE_CASES.find((engineCase) => engineCase.name === name);
      assert.ok(excluded, name);
      assert.ok(part === 'all' || excluded.gradientTolerance !== undefined, `${name} has no gradient to exclude`);
      assert.ok(reason.length > 20, name);
    }
  });
});
