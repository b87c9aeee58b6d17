import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ENGINE_CASES } from './cases.ts';
import type { SuiteRun } from './run-on-engine.ts';

/** One test for each part of each case that the suite ran, and one that it ran to its end. */
export function assertSuite({ lines, fault }: SuiteRun): void {
  it('runs every case to the end', () => {
    assert.equal(fault, null);
    const ran = new Set(lines.flatMap((line) => (line.kind === 'end' ? [] : [line.name])));
    assert.deepEqual(
      [...ran],
      ENGINE_CASES.map(({ name }) => name),
    );
  });
  for (const line of lines) {
    if (line.kind === 'end' || line.kind === 'skipped') continue; // the skip list has a test of its own
    it(`${line.name}: ${line.part}`, () => {
      if (line.kind === 'failed') assert.fail(line.message);
      assert.ok(Number(line.error) <= line.allowed, `error ${line.error}, allowed ${line.allowed}`);
      assert.deepEqual(line.leaks, [], 'left behind');
    });
  }
}
