import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isNoneMatch, versionTag } from './etag.ts';

describe('isNoneMatch', () => {
  it('finds a tag alone, in a list, weak, and by the star', () => {
    for (const header of ['"v3"', '"v1", "v3"', 'W/"v3"', '*']) assert.ok(isNoneMatch(header, versionTag(3)), header);
  });

  it('finds nothing without a header, nor in another version', () => {
    for (const header of [undefined, '', '"v33"', 'v3', '"V3"'])
      assert.ok(!isNoneMatch(header, versionTag(3)), String(header));
  });
});
