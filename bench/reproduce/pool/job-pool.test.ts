import assert from 'node:assert/strict';
import { after, afterEach, describe, it } from 'node:test';
import { createClient } from '@crucible/client';
import { eventually } from '../../../test/support/poll.ts';
import { runApi } from '../../../test/support/running-api.ts';
import { type SimulatedWorker, startSimulatedWorker, summaryOf } from '../../../test/support/simulated-worker.ts';
import { createJobPool, type JobPool, type JobPoolParts, type ProtocolJob } from './job-pool.ts';

const STEPS = 3;
/** Jobs of this seed fail. */
const FAILING_SEED = 13;

describe('the pool of a reproduction', async () => {
  const api = await runApi();
  const client = createClient({ baseUrl: api.url, key: api.key });
  const lines: string[] = [];
  let worker: SimulatedWorker | null = null;
  const startWorker = async () => {
    const configOf = ({ seed }: { seed: number }) => ({
      steps: STEPS,
      checkpointEach: 0,
      isFailing: seed === FAILING_SEED,
    });
    worker = await startSimulatedWorker({ store: api.store, pool: api.pool, slots: 2, configOf });
  };
  let build = 'build-0';
  /** A pool of another process: it shares nothing with the others but the service. */
  const openPool = (more: Partial<JobPoolParts> = {}): JobPool =>
    createJobPool({
      client,
      id: 'zen-nas',
      pool: api.pool,
      build,
      say: (line) => lines.push(line),
      pollMs: 20,
      ...more,
    });
  const jobs = (...seeds: number[]): ProtocolJob[] => seeds.map((seed) => ({ name: `seed ${seed}`, seed, config: {} }));
  const numJobs = async (): Promise<number> => {
    let count = 0;
    for await (const _job of client.iterateJobs({ tag: 'reproduce=zen-nas' })) count += 1;
    return count;
  };

  afterEach(async () => {
    await worker?.stop();
    worker = null;
    build = `${build}-next`; // so that no test meets the jobs of another
  });
  after(() => api.close());

  it('runs jobs and gives what they left in the order in which they were named', async () => {
    await startWorker();
    const pool = openPool();
    const finished = await pool.run(jobs(5, 3, 4));
    assert.deepEqual(
      finished.map(({ summary }) => summary),
      [5, 3, 4].map((seed) => summaryOf(seed, STEPS)),
    );
    for (const { job } of finished) assert.equal(job.tags.reproduce, 'zen-nas');
    assert.ok(pool.minutes > 0);
    assert.match(lines.at(-1) ?? '', /^3 of 3 jobs ended/);
  });

  it('submits nothing that is there already, and the same job once only', async () => {
    await startWorker();
    const first = await openPool().run(jobs(1, 2));
    const before = await numJobs();
    const again = await openPool().run([...jobs(2, 1), { name: 'seed 1 by another name', seed: 1, config: {} }]);
    assert.equal(await numJobs(), before);
    assert.deepEqual(
      again.map(({ job }) => job.id),
      [first[1]?.job.id, first[0]?.job.id, first[0]?.job.id],
    );
  });

  it('runs again what another build, another config or a wish for fresh jobs asks for', async () => {
    await startWorker();
    await openPool().run(jobs(1));
    const before = await numJobs();
    await openPool({ build: `${build}, changed` }).run(jobs(1));
    await openPool().run([{ name: 'seed 1', seed: 1, config: { search: { population: 99 } } }]);
    const fresh = openPool({ isFresh: true });
    await fresh.run(jobs(1));
    assert.equal(await numJobs(), before + 3);
    await fresh.run(jobs(1)); // the one of its own
    await openPool().run(jobs(1));
    assert.equal(await numJobs(), before + 3);
  });

  it('goes on with the jobs of one that was interrupted', async () => {
    const before = await numJobs();
    const interrupted = openPool().run(jobs(1, 2)); // nobody is there to run them
    await eventually('the jobs', async () => (await numJobs()) === before + 2);
    const next = openPool().run(jobs(1, 2, 3));
    await eventually('the third job', async () => (await numJobs()) === before + 3);
    await startWorker();
    const finished = await next;
    assert.equal(finished.length, 3);
    assert.equal(await numJobs(), before + 3);
    await interrupted;
  });

  it('names the jobs that failed, and runs them again the next time', async () => {
    await startWorker();
    await assert.rejects(openPool().run(jobs(1, FAILING_SEED)), /1 of 2 jobs did not succeed:\n {2}seed 13 .* failed/);
    const before = await numJobs();
    const [failed] = await openPool().run(jobs(FAILING_SEED).map((job) => ({ ...job, mayFail: true })));
    assert.equal(failed?.job.state, 'failed');
    assert.equal(await numJobs(), before + 1);
  });
});
