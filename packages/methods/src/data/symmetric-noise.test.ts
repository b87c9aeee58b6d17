import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRng } from '../random/create-rng.ts';
import { symmetricNoise } from './symmetric-noise.ts';

describe('symmetricNoise', () => {
  const [n, classes] = [40_000, 5];
  const clean = Int32Array.from({ length: n }, (_, i) => i % classes);
  const noisy = (rate: number) => symmetricNoise(clean, classes, rate, createRng(1, 'noise'));

  it('replaces the share that the rate says, by all other classes alike', () => {
    const counts = new Int32Array(classes);
    noisy(0.3).forEach((label, i) => {
      const step = (label - (clean[i] as number) + classes) % classes;
      counts[step] = (counts[step] as number) + 1;
    });
    assert.ok(Math.abs((counts[0] as number) / n - 0.7) < 0.01, `${counts}`);
    for (const count of counts.subarray(1)) assert.ok(Math.abs(count / n - 0.075) < 0.006, `${counts}`);
  });

  it('leaves all as it is at rate 0, and keeps what it replaced when the rate grows', () => {
    assert.deepEqual(noisy(0), clean);
    const [some, more] = [noisy(0.2), noisy(0.5)];
    some.forEach((label, i) => {
      if (label !== clean[i]) assert.equal(more[i], label);
    });
  });
});
