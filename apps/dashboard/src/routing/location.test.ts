import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hashOf, parseHash } from './location.ts';

describe('parseHash', () => {
  it('reads back what hashOf wrote, with characters that need escaping', () => {
    const { path, query } = parseHash(hashOf(['jobs', 'a/b c'], { name: 'x&y=1', state: 'queued,running', tab: '' }));
    assert.deepEqual(path, ['jobs', 'a/b c']);
    assert.deepEqual(
      [...query],
      [
        ['name', 'x&y=1'],
        ['state', 'queued,running'],
      ],
    );
  });

  it('takes an empty hash and a broken escape without failing', () => {
    assert.deepEqual(parseHash('').path, []);
    assert.deepEqual(parseHash('#/jobs/100%').path, ['jobs', '100%']);
  });
});
