import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { removeAbandonedState } from './abandoned-state.mjs';

const LONG_AGO = new Date(Date.now() - 48 * 60 * 60 * 1000);

describe('removeAbandonedState', () => {
  let home;
  beforeEach(() => {
    home = fs.mkdtempSync(path.join(os.tmpdir(), 'crucible-state-'));
  });
  afterEach(() => fs.rmSync(home, { recursive: true }));

  const state = (name, clone, used) => {
    const dir = path.join(home, name);
    fs.mkdirSync(dir);
    if (clone !== null) fs.writeFileSync(path.join(dir, 'clone.json'), JSON.stringify(clone));
    fs.utimesSync(dir, used, used);
  };

  it('removes only what a clone that is gone left long ago', async () => {
    const alive = path.join(home, 'clone');
    fs.mkdirSync(path.join(alive, '.crucible'), { recursive: true });
    fs.writeFileSync(path.join(alive, '.crucible/clone-id'), 'alive');
    state('a', { root: alive, id: 'alive' }, LONG_AGO);
    state('b', { root: alive, id: 'an earlier clone in the same folder' }, LONG_AGO);
    state('c', { root: path.join(home, 'gone'), id: 'gone' }, LONG_AGO);
    state('d', { root: path.join(home, 'moved'), id: 'moved' }, new Date());
    state('e', null, LONG_AGO);
    await removeAbandonedState(home);
    assert.deepEqual(fs.readdirSync(home).sort(), ['a', 'clone', 'd', 'e']);
  });
});
