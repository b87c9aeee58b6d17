import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import pg from 'pg';

const MIGRATIONS = new URL('../../prisma/migrations/', import.meta.url);

async function onServer<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/**
 * A database of its own on the server of `serverUrl`, with all migrations, so that what the service holds stays out of
 * the measurement and the other way round.
 *
 * @returns its address, and what drops it
 */
export async function createScratchDatabase(serverUrl: string): Promise<{ url: string; drop: () => Promise<void> }> {
  const name = `crucible_bench_${randomBytes(6).toString('hex')}`;
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  await onServer(serverUrl, (server) => server.query(`create database ${name}`));
  await onServer(url.href, migrate);
  return {
    url: url.href,
    drop: async () => {
      await onServer(serverUrl, (server) => server.query(`drop database if exists ${name} with (force)`));
    },
  };
}

/** Applies migrations and keeps the record of them that Prisma keeps. */
async function migrate(client: pg.Client): Promise<void> {
  await client.query(
    `create table _prisma_migrations (
       id varchar(36) primary key, checksum varchar(64) not null, finished_at timestamptz,
       migration_name varchar(255) not null, logs text, rolled_back_at timestamptz,
       started_at timestamptz not null default now(), applied_steps_count integer not null default 0)`,
  );
  const entries = await readdir(MIGRATIONS, { withFileTypes: true });
  for (const name of entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort()) {
    const sql = await readFile(new URL(`${name}/migration.sql`, MIGRATIONS), 'utf8');
    await client.query(sql);
    await client.query(
      `insert into _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
       values (gen_random_uuid(), $1, $2, now(), 1)`,
      [createHash('sha256').update(sql).digest('hex'), name],
    );
  }
}
