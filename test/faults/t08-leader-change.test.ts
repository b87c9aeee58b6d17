/**
 * @file T8, the leading API process is killed under load, three times: the other one leads within 10 s, and no job is
 * dispatched twice.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe } from 'node:test';
import { type ApiProcess, startApiProcess } from '../support/api-process.ts';
import { eachRound } from '../support/fault-rounds.ts';
import { sampleOf, scrape } from '../support/metrics-page.ts';
import { endsOf, withOwnCluster } from '../support/own-cluster.ts';
import { eventually } from '../support/poll.ts';
import { newJob } from '../support/running-attempt.ts';
import { type SimulatedWorker, startSimulatedWorker } from '../support/simulated-worker.ts';

const NUM_JOBS = 400;
const NUM_KILLS = 3;
const TAKES_OVER_MS = 10_000;
const LIMIT_MS = 180_000;

const { store, sql, databaseUrl, servers } = await withOwnCluster();

describe('T8: a leader that dies', () => {
  const apis: ApiProcess[] = [];
  let workers: SimulatedWorker[] = [];
  const pool = `t08-${randomUUID().slice(0, 8)}`;
  const startApi = async (): Promise<void> => {
    const env = { DATABASE_URL: databaseUrl, REDIS_URL: servers.redis.url, CRUCIBLE_METRICS_PORT: '0' };
    apis.push(await startApiProcess(env));
  };
  const leads = async ({ metricsUrl }: ApiProcess): Promise<boolean> =>
    sampleOf(await scrape(metricsUrl ?? ''), 'crucible_scheduler_leader') === 1;
  const leaders = async (): Promise<ApiProcess[]> => {
    const isLeading = await Promise.all(apis.map(leads));
    return apis.filter((_, index) => isLeading[index]);
  };
  const numOf = async (text: string): Promise<number> =>
    Number((await sql.query(`select count(*) as num from ${text}`)).rows[0]?.num);

  before(async () => {
    await Promise.all([startApi(), startApi()]);
    workers = await Promise.all(
      [1, 2, 3, 4].map(() => startSimulatedWorker({ store, pool, slots: 2, redisUrl: servers.redis.url })),
    );
  });
  after(async () => {
    await Promise.all(workers.map((worker) => worker.stop()));
    await Promise.all(apis.map((api) => api.end('SIGTERM')));
  });

  eachRound('is followed within ten seconds, and no job runs twice', async (draw) => {
    await sql.query('truncate job cascade');
    const startedBefore = workers.reduce((sum, { started }) => sum + started, 0);
    for (let i = 0; i < NUM_JOBS; i++) {
      const config = { steps: 20 + draw(60), checkpointEach: 0 };
      await store.jobs.submit(newJob({ method: 'simulated', config, resources: { pool, slots: 1 } }));
    }
    for (let kill = 1; kill <= NUM_KILLS; kill++) {
      const [leader] = await eventually('one leader', async () => {
        const found = await leaders();
        assert.ok(found.length <= 1, 'two processes lead');
        return found.length === 1 && found;
      });
      assert.ok(leader !== undefined);
      // At another moment of its work each time.
      const done = 20 * kill + draw(40);
      await eventually('load', async () => (await numOf(`job where state = 'succeeded'`)) >= done, LIMIT_MS);
      assert.ok((await numOf(`job where state = 'queued'`)) > 0, 'there is load left');
      apis.splice(apis.indexOf(leader), 1);
      await leader.end('SIGKILL');
      const { rows } = await sql.query<{ now: Date }>('select now() as now');
      const killedAt = rows[0]?.now as Date;
      await eventually('another leader', async () => (await leaders()).length === 1, TAKES_OVER_MS);
      const dispatched = async () =>
        (await sql.query('select from attempt where dispatched_at > $1 limit 1', [killedAt])).rowCount === 1;
      await eventually('a dispatch by it', dispatched, TAKES_OVER_MS);
      await startApi();
    }
    const isOver = async () => (await numOf(`job where state <> 'succeeded'`)) === 0;
    await eventually('the end of all jobs', isOver, LIMIT_MS);
    const { states, notOnce, ranTwice, claimed } = await endsOf({ sql });
    assert.deepEqual({ states, notOnce, ranTwice }, { states: { succeeded: NUM_JOBS }, notOnce: 0, ranTwice: 0 });
    assert.equal(await numOf('attempt'), NUM_JOBS, 'each job is dispatched once');
    assert.equal(claimed, NUM_JOBS);
    assert.equal(workers.reduce((sum, { started }) => sum + started, 0) - startedBefore, NUM_JOBS);
  });
});
