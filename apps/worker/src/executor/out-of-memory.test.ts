import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { saysOutOfMemory } from './out-of-memory.ts';

describe('out of memory', () => {
  it('is heard in the words of V8, of C++, of the system and of the tensor libraries', () => {
    for (const text of [
      'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
      "terminate called after throwing an instance of 'std::bad_alloc'",
      'Array buffer allocation failed',
      'mmap: Cannot allocate memory',
      'OOM when allocating tensor with shape[64,512,512]',
    ])
      assert.ok(saysOutOfMemory(text), text);
    assert.equal(saysOutOfMemory('loss is NaN at step 12 of memory bank'), false);
  });

  it('is heard in what this very runtime says when its heap is full', () => {
    const filling = 'const all = []; for (;;) all.push(new Array(1000).fill({}))';
    const { stderr } = spawnSync(process.execPath, ['--max-old-space-size=16', '-e', filling], { encoding: 'utf8' });
    assert.ok(saysOutOfMemory(stderr.slice(-2000)), stderr.slice(-2000));
  });
});
