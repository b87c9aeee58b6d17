import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { FinishedJob, JobPool } from './job-pool.ts';
import { runGrid } from './seed-grid.ts';

it('runs every condition at every seed, and pairs the results up by seed', async () => {
  const names: string[] = [];
  const pool: JobPool = {
    minutes: 0,
    run: async (jobs) =>
      jobs.map(({ name, seed, config }) => {
        names.push(name);
        return { summary: { seed, ...config } } as unknown as FinishedJob<never>;
      }),
  };
  const found = await runGrid<{ seed: number; x: number }, 'a' | 'b'>(pool, { a: { x: 1 }, b: { x: 2 } }, [7, 5]);
  assert.deepEqual(names, ['a, seed 7', 'a, seed 5', 'b, seed 7', 'b, seed 5']);
  assert.deepEqual(
    found.b.map(({ summary }) => summary),
    [
      { seed: 7, x: 2 },
      { seed: 5, x: 2 },
    ],
  );
  assert.equal(found.a[0]?.summary.x, 1);
});
