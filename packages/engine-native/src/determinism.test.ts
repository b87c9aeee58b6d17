import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const program = fileURLToPath(new URL('./testing/train-and-hash.ts', import.meta.url));

const hashOf = async (threads: number): Promise<string> => {
  const args = ['--conditions=development', '--import', 'tsx', program, String(threads)];
  return (await run(process.execPath, args)).stdout.trim();
};

describe('three training steps', () => {
  for (const threads of [1, 2]) {
    it(`give bit-equal weights in separate processes with ${threads} thread(s)`, async () => {
      const first = await hashOf(threads);
      assert.match(first, /^[0-9a-f]{64}$/);
      assert.equal(await hashOf(threads), first);
    });
  }
});
