import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { withLock } from './lock.mjs';

describe('withLock', () => {
  let dir;
  beforeEach(() => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), 'crucible-lock-'));
  });
  afterEach(() => fs.rmSync(dir, { recursive: true }));

  it('lets one holder in at a time', async () => {
    let inside = 0;
    const visit = () =>
      withLock(dir, 'x', async () => {
        inside += 1;
        assert.equal(inside, 1);
        await new Promise(setImmediate);
        inside -= 1;
      });
    await Promise.all([visit(), visit(), visit()]);
  });

  it('gives the lock back when the action throws', async () => {
    await assert.rejects(
      withLock(dir, 'x', () => Promise.reject(new Error('no'))),
      /no/,
    );
    assert.equal(await withLock(dir, 'x', async () => 'in'), 'in');
    assert.deepEqual(fs.readdirSync(dir), []);
  });

  it('takes over the lock of a process that has died, also when its id is in use again', async () => {
    const dead = [
      { pid: 2 ** 30, start: '1' },
      { pid: process.pid, start: 'another life' },
    ];
    for (const holder of dead) {
      fs.writeFileSync(path.join(dir, 'x.lock'), JSON.stringify(holder));
      assert.equal(await withLock(dir, 'x', async () => 'in'), 'in');
    }
  });
});
