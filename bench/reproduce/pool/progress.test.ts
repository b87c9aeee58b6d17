import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fingerprintOf } from './fingerprint.ts';
import { busyMinutes, progressText } from './progress.ts';

const at = (minute: number): string => new Date(minute * 60_000).toISOString();
const span = (from: number, to: number) => ({ startedAt: at(from), endedAt: at(to) });

it('counts the minutes in which a job ran once, however many ran, and no pause', () => {
  assert.equal(busyMinutes([]), 0);
  assert.equal(busyMinutes([span(4, 6), span(0, 2), span(1, 3), span(1, 2)]), 5);
  assert.equal(busyMinutes([span(0, 1), { startedAt: null, endedAt: null }]), 1);
});

it('tells how far the jobs are, with what is unusual', () => {
  const running = {
    name: 'reproduce x: seed 3',
    state: 'running' as const,
    progress: { phase: 'train', done: 1, total: 3, message: '' },
  };
  const line = progressText({ total: 3, numBefore: 0, ended: [], live: [running, { ...running, state: 'queued' }] });
  assert.equal(line, '0 of 3 jobs ended; running: seed 3 33 %');
});

it('gives equal fingerprints to documents that differ in the order of keys alone', () => {
  assert.equal(fingerprintOf({ a: 1, b: { c: [1, 2], d: undefined } }), fingerprintOf({ b: { c: [1, 2] }, a: 1 }));
  assert.notEqual(fingerprintOf({ a: [1, 2] }), fingerprintOf({ a: [2, 1] }));
  assert.notEqual(fingerprintOf({ a: 1 }), fingerprintOf({ a: '1' }));
});
