import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { runFaultCluster, type TinyResult } from '../support/fault-cluster.ts';
import { faultRounds } from '../support/fault-rounds.ts';

const STEPS = 60;
const LEASE_SECONDS = 5;
const TEN_MINUTES_MS = 600_000;
const PRELOAD = new URL('../support/skewed-clock.mjs', import.meta.url).href;
const cluster = await runFaultCluster({ leaseSeconds: LEASE_SECONDS });

describe('T9: a worker whose clock is wrong', () => {
  let quiet: TinyResult;
  before(async () => {
    const straight = await cluster.worker('straight');
    quiet = await cluster.quietRun(STEPS);
    await straight.stop();
  });
  after(() => cluster.close());

  for (const { seed, draw } of faultRounds())
    for (const [name, skewMs] of [
      ['fast', TEN_MINUTES_MS],
      ['slow', -TEN_MINUTES_MS],
    ] as const)
      it(`keeps its leases, loses them when it is stopped, and is never believed (${name}, seed ${seed})`, async () => {
        const skewed = { CRUCIBLE_TEST_CLOCK_SKEW_MS: String(skewMs) };
        const worker = await cluster.worker(`${name}-${seed}`, skewed, { preload: PRELOAD });
        const jobId = await cluster.submit({ steps: STEPS, paceMs: 200 }); // longer than two leases
        await cluster.succeeded(jobId);
        assert.deepEqual(
          (await cluster.attempts(jobId)).map(({ outcome }) => outcome),
          ['succeeded'],
        );
        assert.deepEqual(await cluster.result(jobId), quiet);
        // The control: the clock of this worker is wrong indeed.
        const { rows } = await cluster.api.sql.query(
          `select extract(epoch from max(p.time) - now()) as ahead
           from metric_point p join series s on s.id = p.series_id where s.job_id = $1`,
          [jobId],
        );
        assert.ok(Math.abs(Number(rows[0]?.ahead) - skewMs / 1000) < 60, String(rows[0]?.ahead));

        const lost = await cluster.submit({ steps: STEPS, paceMs: 100 });
        await cluster.running(lost, 1);
        await cluster.reached(lost, 1 + draw(20));
        worker.signal('SIGKILL');
        await worker.ended;
        const other = await cluster.worker(`other-${name}-${seed}`);
        await cluster.succeeded(lost);
        assert.deepEqual(
          (await cluster.attempts(lost)).map(({ outcome }) => outcome),
          ['lost', 'succeeded'],
        );
        assert.deepEqual(await cluster.result(lost), quiet);
        await other.stop();
      });
});
