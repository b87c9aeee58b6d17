import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { loadAddon } from './addon.ts';
import { bf16LevelOf } from './precision.ts';

const run = promisify(execFile);
const program = fileURLToPath(new URL('./testing/train-and-hash.ts', import.meta.url));

const hashOf = async (threads: number, precision: string): Promise<string> => {
  const args = ['--conditions=development', '--import', 'tsx', program, String(threads), precision];
  return (await run(process.execPath, args)).stdout.trim();
};

const { isa } = loadAddon().info();
const precisions = bf16LevelOf(isa) === 'none' ? ['f32'] : ['f32', 'bf16'];

describe('three training steps', () => {
  for (const precision of precisions) {
    for (const threads of [1, 2]) {
      it(`give bit-equal weights in separate processes with ${threads} thread(s) in ${precision}`, async () => {
        const first = await hashOf(threads, precision);
        assert.match(first, /^[0-9a-f]{64}$/);
        assert.equal(await hashOf(threads, precision), first);
      });
    }
  }
});
