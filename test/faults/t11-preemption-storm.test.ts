/**
 * @file T11, preemption storm: 50 jobs of tier low, bursts of urgent ones. Every victim ends preempted, keeps its place
 * in line, resumes and ends with the very same state as a quiet run; none is younger than the least run time.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { it } from 'node:test';
import { createLogger, DispatchQueues, startElection } from '@crucible/api';
import { POLICY } from '@crucible/scheduler';
import { withDatabase } from '../support/database.ts';
import { eventually } from '../support/poll.ts';
import { testRedisUrl } from '../support/running-api.ts';
import { newJob } from '../support/running-attempt.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { startSimulatedWorker, summaryOf } from '../support/simulated-worker.ts';

const SEED = Number(process.env.CRUCIBLE_TEST_SEED ?? 11);
const NUM_LOW = 50;
const NUM_BURSTS = 3;
const LIMIT_MS = 180_000;
/** The usual policy, a few hundred times faster. */
const policy = {
  ...POLICY,
  preemptAfterSeconds: 0.1,
  minRunSeconds: 0.4,
  nearEndSeconds: 0,
  reserveAfterSeconds: 5,
  graceSeconds: 20,
};

const { store, sql } = await withDatabase();
const log = createLogger('silent');
const pool = `t11-${randomUUID().slice(0, 8)}`;

/** A pass as it is recorded. */
interface RecordedPass {
  snapshot: { jobs: { id: string; tier: string; submittedAt: number }[] };
  plan: { dispatch: { jobId: string }[] };
}

it(`preempts in bursts without losing or repeating anything (seed ${SEED})`, { timeout: LIMIT_MS }, async (test) => {
  const queues = new DispatchQueues(testRedisUrl(), log);
  const election = startElection({ store, queues, policy, log });
  const workers = await Promise.all([2, 2, 1].map((slots) => startSimulatedWorker({ store, pool, slots })));
  test.after(async () => {
    await Promise.all(workers.map((worker) => worker.stop()));
    await election.stop();
    await queues.removeOthers([]);
    await queues.close();
  });
  const draw = seededRandom(SEED);
  const submit = async (tier: 'low' | 'urgent', steps: number, slots: number): Promise<string> => {
    const config = { steps, checkpointEach: draw(3) * 20 };
    const { value } = await store.jobs.submit(
      newJob({ method: 'simulated', config, tier, seed: draw(1000), resources: { pool, slots } }),
    );
    return value.id;
  };
  const low: string[] = [];
  for (let index = 0; index < NUM_LOW; index++) low.push(await submit('low', 50 + draw(100), 1));
  const urgent: string[] = [];
  for (let burst = 0; burst < NUM_BURSTS; burst++) {
    // Between the bursts some jobs run long enough to be victims.
    const runsOld = () =>
      sql.query(
        `select from attempt where state = 'running' and tier = 'low' and claimed_at < now() - interval '400 ms'`,
      );
    await eventually('victims', async () => ((await runsOld()).rowCount ?? 0) >= 2, LIMIT_MS);
    for (let index = 0; index < 2 + draw(3); index++) urgent.push(await submit('urgent', 20 + draw(40), 1 + draw(2)));
    const waits = () => sql.query(`select from job where id = any($1) and state = 'queued'`, [urgent]);
    await eventually('the burst runs', async () => (await waits()).rowCount === 0, LIMIT_MS);
  }
  const left = () => sql.query(`select from job where state <> 'succeeded'`);
  await eventually('the end of all jobs', async () => (await left()).rowCount === 0, LIMIT_MS);

  for (const id of [...low, ...urgent]) {
    const job = await store.jobs.get(id);
    const { steps } = job.config as { steps: number };
    assert.deepEqual(job.summary, summaryOf(job.seed, steps), `job ${id} ends as a quiet run does`);
  }
  const { rows: attempts } = await sql.query<{
    tier: string;
    outcome: string;
    ran: number;
    number: number;
    resumed: number | null;
  }>(
    `select a.tier, a.outcome, extract(epoch from a.ended_at - a.claimed_at)::float8 as ran, a.number,
       a.resumed_step::int as resumed from attempt a order by a.job_id, a.number`,
  );
  const ends = new Set(attempts.map(({ outcome }) => outcome));
  assert.deepEqual([...ends].sort(), ['preempted', 'succeeded'], 'nothing was canceled, lost or given up');
  const victims = attempts.filter(({ outcome }) => outcome === 'preempted');
  assert.ok(victims.length >= NUM_BURSTS, `${victims.length} preemptions`);
  for (const { tier, ran } of victims) {
    assert.equal(tier, 'low');
    assert.ok(ran >= policy.minRunSeconds, `a victim had run for ${ran} s only`);
  }
  assert.ok(attempts.filter(({ number }) => number > 1).every(({ resumed }) => resumed !== null && resumed > 0));
  // A victim goes before the jobs that were submitted after it: so say the passes, which see all that wait at once.
  let numCompared = 0;
  for (const { id } of await store.scheduling.passes(500)) {
    const { snapshot, plan } = (await store.scheduling.pass(id)) as RecordedPass;
    const started = new Set(plan.dispatch.map(({ jobId }) => jobId));
    const lows = snapshot.jobs.filter(({ tier }) => tier === 'low').sort((a, b) => a.submittedAt - b.submittedAt);
    const firstLeft = lows.findIndex((job) => !started.has(job.id));
    numCompared += lows.length;
    if (firstLeft >= 0)
      assert.ok(!lows.slice(firstLeft).some((job) => started.has(job.id)), `pass ${id} keeps the line`);
  }
  assert.ok(numCompared > NUM_LOW, `only ${numCompared} places to compare`);
});
