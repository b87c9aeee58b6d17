import { randomUUID } from 'node:crypto';
import { POLICY, plan } from '@crucible/scheduler';
import { createStore } from '@crucible/store';
import pg from 'pg';
import { atMost, type Row } from './row.ts';
import { createScratchDatabase } from './scratch-database.ts';
import { median } from './timing.ts';

const NUM_JOBS = 10_000;
const NUM_WORKERS = 25;
const SLOTS_PER_WORKER = 8;
/** Until the code is compiled, which takes about fifteen passes: a leader makes one each second, and more while jobs come. */
const WARM_UP = 20;
const ROUNDS = 9;

/** Reading the queue and planning it: 10,000 queued jobs of nine teams, 200 free slots, on a database without a leader. */
export const schedulerPass: Row = async ({ databaseUrl }) => {
  const database = await createScratchDatabase(databaseUrl);
  const store = createStore({ databaseUrl: database.url, applicationName: 'crucible bench', poolSize: 2 });
  try {
    await fill(database.url);
    const slots = Array.from(
      { length: SLOTS_PER_WORKER },
      (_, index) => ({ index, kind: 'gpu', model: 'none', memoryMib: null }) as const,
    );
    for (let at = 0; at < NUM_WORKERS; at += 1)
      await store.workers.register({
        name: `bench-pass-${at}`,
        host: 'localhost',
        pool: 'default',
        version: 'bench',
        engine: { name: 'cpu', device: 'cpu', threads: 1, isa: '', versions: {}, reasons: [] },
        slots: [...slots],
        bootId: randomUUID(),
      });
    const facts = await store.scheduling.slowFacts();
    const times: number[] = [];
    for (let round = 0; round < WARM_UP + ROUNDS; round += 1) {
      const start = performance.now();
      const snapshot = await store.scheduling.snapshot(POLICY, facts);
      const { dispatch } = plan(snapshot, snapshot.now);
      if (round >= WARM_UP) times.push(performance.now() - start);
      if (dispatch.length !== NUM_WORKERS * SLOTS_PER_WORKER) throw new Error(`${dispatch.length} dispatches planned`);
    }
    return [atMost('scheduler.passMs', median(times), 50)];
  } finally {
    await store.close();
    await database.drop();
  }
};

async function fill(url: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(`insert into team (id) select 'team-' || n from generate_series(1, 9) n`);
    await client.query(
      `insert into job (id, name, method, method_version, submitted_config, config, tags, seed, priority, pool, slots,
         submitted_by, team_id, user_id, tier, submitted_at)
       select gen_random_uuid(), 'job ' || n, 'zen-nas', '1', '{}', '{}', '{}', n, n % 100, 'default', 1, 'bench',
         'team-' || 1 + n % 9, '00000000-0000-7000-8000-000000000001',
         (array['urgent', 'normal', 'normal', 'low'])[1 + n % 4], now() - n * interval '1 second'
       from generate_series(1, $1::int) n`,
      [NUM_JOBS],
    );
    await client.query('analyze job');
  } finally {
    await client.end();
  }
}
