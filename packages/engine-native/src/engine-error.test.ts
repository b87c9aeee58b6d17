import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { ENGINE_NAMES, ENGINE_REASON_CODES } from './engine-error.ts';

describe('docs/engines.md', () => {
  it('explains every engine in the order in which they are tried, and every reason code', async () => {
    const page = await readFile(new URL('../../../docs/engines.md', import.meta.url), 'utf8');
    const firstCells = [...page.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, cell]) => cell);
    assert.deepEqual(firstCells.slice(0, ENGINE_NAMES.length), [...ENGINE_NAMES]);
    const codes = [...ENGINE_REASON_CODES, 'probe-timeout', 'probe-crashed'];
    assert.deepEqual(firstCells.slice(ENGINE_NAMES.length, ENGINE_NAMES.length + codes.length), codes);
  });
});
