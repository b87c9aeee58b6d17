import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { detectSlots, parseGpus } from './slots.ts';

describe('parseGpus', () => {
  it('gives a slot per line, with memory where it is known', () =>
    assert.deepEqual(parseGpus('0, NVIDIA A100-SXM4-80GB, 81920\n1, NVIDIA GB10, [N/A]\n\n'), [
      { index: 0, kind: 'gpu', model: 'NVIDIA A100-SXM4-80GB', memoryMib: 81920 },
      { index: 1, kind: 'gpu', model: 'NVIDIA GB10', memoryMib: null },
    ]));
});

describe('detectSlots', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slots-'));
  });
  after(() => rm(folder, { recursive: true }));
  const program = async (name: string, script: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, `#!/bin/sh\n${script}\n`);
    await chmod(path, 0o755);
    return path;
  };

  it('reads what the program prints', async () => {
    const [slot] = await detectSlots(await program('two', 'echo "3, Tesla T4, 15360"'));
    assert.deepEqual(slot, { index: 3, kind: 'gpu', model: 'Tesla T4', memoryMib: 15360 });
  });

  it('gives the CPU where the program is absent or finds no device', async () => {
    for (const path of [join(folder, 'absent'), await program('none', 'echo "No devices were found"; exit 6')]) {
      const slots = await detectSlots(path);
      assert.deepEqual([slots.length, slots[0]?.kind, slots[0]?.index], [1, 'cpu', 0]);
    }
  });

  it('names a driver that fails, and the remedy', async () => {
    const path = await program('broken', 'echo "Driver/library version mismatch" >&2; exit 18');
    await assert.rejects(detectSlots(path), /Driver\/library version mismatch\. Mend the driver/);
  });
});
