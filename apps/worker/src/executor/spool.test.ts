import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { StoredTensor } from '@crucible/methods';
import { readCheckpoint, SpoolError, writeTensors } from './spool.ts';

const tensors: StoredTensor[] = [
  { name: 'w', dtype: 'float32', shape: [2, 2], data: Float32Array.of(1.5, -0, Number.NaN, 3e-45) },
  { name: 'm', dtype: 'float64', shape: [1], data: Float64Array.of(Math.PI) },
  { name: 'i', dtype: 'int32', shape: [2], data: Int32Array.of(-1, 7).subarray(0, 2) },
  { name: 'b', dtype: 'uint8', shape: [3], data: Uint8Array.of(9, 1, 2, 3).subarray(1) },
  { name: 'none', dtype: 'float32', shape: [0], data: new Float32Array(0) },
];

describe('the spool', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spool-'));
  });
  after(() => rm(folder, { recursive: true }));
  const manifestOf = async (dir: string) => ({
    format: 1 as const,
    method: 'zen-nas',
    step: 12,
    state: { epoch: 3 },
    tensors: await writeTensors(tensors, dir),
  });

  it('gives a checkpoint back bit for bit', async () => {
    const dir = join(folder, 'one');
    const checkpoint = await readCheckpoint(await manifestOf(dir), dir);
    assert.deepEqual(checkpoint, { step: 12, state: { epoch: 3 }, tensors });
    assert.deepEqual(await readdir(folder), ['one']); // no part of it is left under another name
  });

  it('refuses a file that was cut, and a folder that cannot be made, by name', async () => {
    const dir = join(folder, 'two');
    const manifest = await manifestOf(dir);
    await truncate(join(dir, '1'), 4);
    await assert.rejects(
      readCheckpoint(manifest, dir),
      (error) => error instanceof SpoolError && /two\/1 has 4/.test(error.message),
    );
    await assert.rejects(writeTensors(tensors, join(folder, 'absent', 'three')), /three\.part cannot be written/);
  });
});
