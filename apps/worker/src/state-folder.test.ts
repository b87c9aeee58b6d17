import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { identityOf, isRunning } from './process-identity.ts';
import { openStateFolder } from './state-folder.ts';

const program = (name: string) =>
  fileURLToPath(new URL(`./executor/testing/${name}${extname(import.meta.url)}`, import.meta.url));

describe('a state folder', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'state-'));
  });
  afterEach(() => rm(folder, { recursive: true }));
  const idle = () =>
    spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' });

  it('ends the children of an earlier start and removes what they had spooled', async () => {
    const first = await openStateFolder(folder, () => assert.fail('nothing is left'));
    const child = idle();
    await once(child, 'spawn');
    await first.noteChild('attempt-1', child.pid ?? 0);
    await mkdir(first.spoolOf('attempt-1'));
    const ended = once(child, 'exit');
    const leftovers: [string, number][] = [];
    await openStateFolder(folder, (...leftover) => leftovers.push(leftover));
    assert.deepEqual(await ended, [null, 'SIGKILL']);
    assert.deepEqual(leftovers, [['attempt-1', child.pid]]);
    assert.equal(existsSync(first.spoolOf('attempt-1')), false);
    assert.deepEqual(await readdir(join(folder, 'children')), []);
  });

  it('spares a process that merely has the number of an old child', async () => {
    await openStateFolder(folder, () => {});
    const other = idle();
    await once(other, 'spawn');
    const note = JSON.stringify({ pid: other.pid, started: 'another boot 1' });
    await writeFile(join(folder, 'children', 'attempt-1.json'), note);
    await openStateFolder(folder, () => assert.fail('not ours'));
    assert.ok(await identityOf(other.pid ?? 0));
    const ended = once(other, 'exit');
    other.kill('SIGKILL');
    await ended;
  });

  it('forgets an attempt that has ended', async () => {
    const state = await openStateFolder(folder, () => {});
    await mkdir(state.spoolOf('attempt-1'));
    await state.noteChild('attempt-1', process.pid);
    await state.forget('attempt-1');
    assert.deepEqual(await readdir(join(folder, 'children')), []);
    assert.deepEqual(await readdir(join(folder, 'spool')), []);
  });

  it('is refused while another worker holds it', async () => {
    await openStateFolder(folder, () => {});
    const other = idle();
    await once(other, 'spawn');
    await writeFile(join(folder, 'holder.json'), JSON.stringify(await identityOf(other.pid ?? 0)));
    await assert.rejects(
      openStateFolder(folder, () => {}),
      new RegExp(`in use by another worker \\(process ${other.pid}\\)`),
    );
    const ended = once(other, 'exit');
    other.kill('SIGKILL');
    await ended;
    await openStateFolder(folder, () => {}); // the holder is gone
  });

  it('is not even needed for the child of a killed worker: it ends when its channel closes', async () => {
    const maker = spawn(process.execPath, [...process.execArgv, program('orphan-maker'), folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(createInterface({ input: maker.stdout }), 'line');
    const child = await identityOf(Number(line));
    assert.ok(child);
    maker.kill('SIGKILL');
    await once(maker, 'exit');
    while (await isRunning(child)) await new Promise((resolve) => setImmediate(resolve)); // the test's limit bounds it
  });
});
