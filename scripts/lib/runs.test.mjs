import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { identityOf } from './process.mjs';
import { enterRun, isAlone, isInUse, leaveRun, readBackground, writeBackground } from './runs.mjs';

const GONE = { pid: 2 ** 30, start: '1' };

describe('runs of a state folder', () => {
  let dir;
  beforeEach(() => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), 'crucible-runs-'));
  });
  afterEach(() => fs.rmSync(dir, { recursive: true }));

  it('counts the last one out', () => {
    assert.equal(isInUse(dir), false);
    enterRun(dir);
    assert.equal(isInUse(dir), true);
    assert.equal(leaveRun(dir), true);
  });

  it('keeps the servers while the background system runs', () => {
    enterRun(dir);
    writeBackground(dir, { base: 'http://x', build: 'b', services: [{ name: 'api', ...identityOf(process.pid) }] });
    assert.equal(leaveRun(dir), false);
    assert.equal(readBackground(dir)?.base, 'http://x');
  });

  it('tells other launchers from this one', () => {
    enterRun(dir);
    assert.equal(isAlone(dir), true);
    fs.writeFileSync(path.join(dir, 'runs', `${process.ppid}.json`), JSON.stringify(identityOf(process.ppid)));
    assert.equal(isAlone(dir), false);
  });

  it('forgets runs that were killed', () => {
    fs.mkdirSync(path.join(dir, 'runs'));
    fs.writeFileSync(path.join(dir, 'runs', `${GONE.pid}.json`), JSON.stringify(GONE));
    writeBackground(dir, { base: 'http://x', build: 'b', services: [{ name: 'api', ...GONE }] });
    assert.equal(isInUse(dir), false);
    assert.equal(readBackground(dir), null);
    assert.deepEqual(fs.readdirSync(path.join(dir, 'runs')), []);
  });
});
