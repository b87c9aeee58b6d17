import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { createStore, type Store } from '@crucible/store';
import pg from 'pg';
import { withDatabase } from '../support/database.ts';
import { eachRound } from '../support/fault-rounds.ts';
import { claim, newJob, newWorker, SUCCESS } from '../support/running-attempt.ts';
import { prepare, upload } from '../support/stored-checkpoints.ts';

/** The launcher's own code; its modules are plain JavaScript. */
interface Backups {
  writeBackup(databaseUrl: string, file: string): Promise<{ rows: Record<string, number>; roots: string }>;
  readBackup(
    databaseUrl: string,
    file: string,
    options?: { force?: boolean },
  ): Promise<{ rows: Record<string, number>; roots: string }>;
}

const [writing, reading] = await Promise.all(
  ['write-backup', 'read-backup'].map(
    (name) => import(new URL(`../../scripts/backup/${name}.mjs`, import.meta.url).href) as Promise<Backups>,
  ),
);
const { writeBackup, readBackup } = { ...writing, ...reading } as Backups;

const { ownerUrl, store, sql } = await withDatabase();
const NUM_JOBS = 6;
const CHUNK_BYTES = 200_000;
/** One for each job that runs on. */
const SLOTS = Array.from(
  { length: NUM_JOBS },
  (_, index) => ({ index, kind: 'cpu', model: 'test', memoryMib: null }) as const,
);

/** Fills the database with jobs in several states, points, logs, checkpoints that share chunks, and files. */
async function fill(draw: (below: number) => number): Promise<void> {
  const { workerId } = await store.workers.register(newWorker({ slots: SLOTS }));
  const shared = randomBytes(CHUNK_BYTES);
  for (let i = 0; i < NUM_JOBS; i++) {
    const { value: job } = await store.jobs.submit(
      newJob({ name: `job ${i} "quoted", \\ and ö`, tags: { round: String(i) } }),
    );
    if (i === 0) continue; // one stays queued
    const attempt = await claim(store, job.id, workerId);
    const { attemptId, fence } = attempt;
    const points = Array.from({ length: 50 }, (_, step) => ({
      key: 'train/loss',
      step,
      value: step === 7 ? Number.NaN : draw(1000) / 7,
      timeMs: Date.now(),
    }));
    await store.metrics.appendBatch({ attemptId, fence, sequence: 1, points });
    await store.logs.appendBatch({
      attemptId,
      fence,
      sequence: 1,
      lines: [{ timeMs: Date.now(), level: 'info', message: 'a "line"\tof text', fields: { i } }],
    });
    for (const step of [10, 20])
      await upload(store, attempt, prepare(step, [shared, randomBytes(1000 + draw(CHUNK_BYTES))]));
    if (i % 2 === 0) await store.attempts.finish({ attemptId, fence, ...SUCCESS, streams: { metrics: 1, logs: 1 } });
  }
}

describe('T25 restore drill', () => {
  let folder = '';
  const scratch: string[] = [];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'restore-'));
  });
  after(async () => {
    for (const name of scratch) await sql.query(`drop database if exists ${name} with (force)`);
    await rm(folder, { recursive: true });
  });

  const emptyDatabase = async (): Promise<string> => {
    const name = `crucible_test_${randomBytes(8).toString('hex')}`;
    await sql.query(`create database ${name}`);
    scratch.push(name);
    const url = new URL(ownerUrl);
    url.pathname = `/${name}`;
    return url.href;
  };

  const withStore = async <T>(url: string, work: (restored: Store) => Promise<T>): Promise<T> => {
    const restored = createStore({ databaseUrl: url, applicationName: 'restored', poolSize: 2 });
    try {
      return await work(restored);
    } finally {
      await restored.close();
    }
  };

  eachRound('brings back every row and every byte of a dump, and a service that works on', async (draw) => {
    await fill(draw);
    const file = join(folder, `backup-${draw(1_000_000)}`);
    const written = await writeBackup(ownerUrl, file);
    assert.ok((written.rows.job ?? 0) >= NUM_JOBS && (written.rows.chunk ?? 0) > 0);

    const target = await emptyDatabase();
    const found = await readBackup(target, file);
    assert.deepEqual(found, { rows: written.rows, roots: written.roots });

    const { rows: ids } = await sql.query<{ id: string }>('select id from job order by id');
    await withStore(target, async (restored) => {
      assert.equal(await restored.migrationsApplied(), true);
      for (const { id } of ids) {
        assert.deepEqual(await restored.jobs.get(id), await store.jobs.get(id));
        const query = { key: 'train/loss', maxPoints: 100 };
        if ((await store.attempts.list(id)).length === 0) continue;
        assert.deepEqual(await restored.metrics.points(id, query), await store.metrics.points(id, query));
        const newest = await store.checkpoints.latest(id);
        assert.deepEqual(await restored.checkpoints.latest(id), newest);
        for (const hash of newest?.manifest.tensors.flatMap(({ chunks }) => chunks) ?? [])
          assert.deepEqual(await restored.checkpoints.readChunk(hash), await store.checkpoints.readChunk(hash));
      }
      // Identities go on behind what was loaded, and foreign keys hold again.
      const { value: job } = await restored.jobs.submit(newJob());
      await restored.events.assignSequence();
      assert.equal((await restored.jobs.get(job.id)).state, 'queued');
    });

    await assert.rejects(readBackup(target, file), /holds \d+ jobs\. Use --force/);
    assert.deepEqual(await readBackup(target, file, { force: true }), found);

    await refusesDamage(file, target, found);
  });

  /** A file that is cut or changed leaves the database as it was. */
  const refusesDamage = async (
    file: string,
    target: string,
    found: { rows: Record<string, number> },
  ): Promise<void> => {
    const handle = await open(file, 'r+');
    await handle.truncate(Math.floor((await stat(file)).size * 0.7));
    await handle.close();
    await assert.rejects(readBackup(target, file, { force: true }));
    const client = new pg.Client(target);
    await client.connect();
    const { rows } = await client.query('select count(*)::int as num from job');
    await client.end();
    assert.equal(rows[0].num, found.rows.job);
  };
});
