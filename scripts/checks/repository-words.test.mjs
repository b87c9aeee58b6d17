import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { forbiddenLines } from './repository-words.mjs';

describe('forbiddenLines', () => {
  it('finds paths of one machine and hosts of registries', () => {
    const text = ['fine', `see ${'/wo'}rk/tree`, `https://${'registry.'}npmjs.org/x`, `cd ${'/ho'}me/someone/x`].join(
      '\n',
    );
    assert.deepEqual(
      forbiddenLines(text).map(({ line }) => line),
      [2, 3, 4],
    );
  });

  it('lets paths inside the project and inside images stand', () => {
    assert.deepEqual(forbiddenLines('apps/worker/src, ./work/x, /var/lib/crucible, /usr/share/datasets'), []);
  });
});
