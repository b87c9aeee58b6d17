import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { tagsOf } from './tags-text.ts';

describe('tagsOf', () => {
  it('reads pairs, with equals signs inside a value', () => {
    assert.deepEqual(tagsOf(' run = a=b, team=vision,\n'), { run: 'a=b', team: 'vision' });
    assert.deepEqual(tagsOf(''), {});
  });

  it('names the pair that is no pair', () => assert.throws(() => tagsOf('a=1, oops'), /"oops"/));
});
