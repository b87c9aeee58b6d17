import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { table } from './table.ts';

describe('table', () => {
  it('lines up columns, numbers on the right, no blanks at the end of a line', () => {
    const lines = table(
      ['name', 'bytes', 'note'],
      [
        ['a', 5, ''],
        ['longer', 1234, 'x'],
      ],
    );
    assert.deepEqual(lines, ['NAME    BYTES  NOTE', 'a           5', 'longer   1234  x']);
  });

  it('is its heads alone without rows', () => assert.deepEqual(table(['a', 'b'], []), ['A  B']));
});
