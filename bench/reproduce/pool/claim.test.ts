import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type Claim, claimTable, overallVerdict, reportLine } from './claim.ts';

const claim = (holds: boolean | null): Claim => ({ claim: 'larger', paper: null, ours: '2', holds });

it('confirms only when every claim that decides holds, and at least one decides', () => {
  assert.equal(overallVerdict([claim(true), claim(null)]), 'confirmed');
  assert.equal(overallVerdict([claim(true), claim(false)]), 'not confirmed');
  assert.equal(overallVerdict([claim(null)]), 'not confirmed');
  assert.equal(overallVerdict([]), 'not confirmed');
});

it('prints one line per claim, and goes on below where a cell is long', () => {
  const long = { ...claim(true), claim: Array.from({ length: 20 }, () => 'words').join(' ') };
  const lines = claimTable([claim(false), long]).split('\n');
  assert.equal(lines.length, 4);
  assert.match(lines[1] ?? '', /^larger +- +2 +not confirmed$/);
  assert.ok(lines.every((line) => line.length < 140));
});

it('ends with a line of JSON', () => {
  const effect = { name: 'gain', seeds: 5, mean: 1 / 3, interval: [0.1, 0.5] as const };
  const findings = { claims: [claim(true)], effect, more: { threshold: 0.42 } };
  assert.deepEqual(JSON.parse(reportLine('a-method', findings, 1.239)), {
    reproduce: 'a-method',
    verdict: 'confirmed',
    effect: 0.333333,
    effectName: 'gain',
    interval: [0.1, 0.5],
    seeds: 5,
    minutes: 1.24,
    claims: [{ claim: 'larger', paper: null, ours: '2', verdict: 'confirmed' }],
    threshold: 0.42,
  });
});
