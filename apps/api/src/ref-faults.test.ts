import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type LinkedJob, refFaults } from './ref-faults.ts';

const job = (ref: string | null, ...needs: string[]): LinkedJob => ({
  ref,
  needs: needs.map((name) => ({ job: name, on: 'success' })),
  config: {},
});

describe('refFaults', () => {
  it('accepts chains, diamonds and ids of jobs that are there already', () => {
    const id = '0190b5a0-0000-7000-8000-000000000000';
    assert.deepEqual(refFaults([job('d', 'b', 'c'), job('b', 'a'), job('c', 'a', id), job('a'), job(null, 'd')]), []);
  });

  it('accepts a chain of a thousand in either order', () => {
    const chain = Array.from({ length: 1000 }, (_, i) => (i === 0 ? job('j0') : job(`j${i}`, `j${i - 1}`)));
    assert.deepEqual(refFaults(chain), []);
    assert.deepEqual(refFaults(chain.toReversed()), []);
  });

  it('finds a cycle through needs and through what a config reads, and a job that needs itself', () => {
    const reader: LinkedJob = {
      ref: 'a',
      needs: [],
      config: { teacher: { fromJob: 'c', artifact: 'weights.safetensors' } },
    };
    assert.deepEqual(refFaults([reader, job('b', 'a'), job('c', 'b')]), [
      { pointer: '/jobs/1/needs/0/job', message: 'closes a cycle: a needs c needs b needs a' },
    ]);
    assert.deepEqual(refFaults([job('x'), job('self', 'x', 'self')]), [
      { pointer: '/jobs/1/needs/1/job', message: 'closes a cycle: self needs self' },
    ]);
  });

  it('names a ref that is given twice and one that nobody has', () => {
    assert.deepEqual(
      refFaults([job('a'), job('a', 'b')]).map(({ pointer }) => pointer),
      ['/jobs/1/ref', '/jobs/1/needs/0/job'],
    );
  });
});
