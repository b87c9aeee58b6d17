import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { after } from 'node:test';
import { LEASE_SECONDS } from '@crucible/contracts';
import { createStore, type Store } from '@crucible/store';
import pg from 'pg';

const MIGRATIONS = new URL('../../prisma/migrations/', import.meta.url);

/** Keeps test files that start together from building the template twice. */
const TEMPLATE_LOCK = 4_200_100;
/** Role of API and workers. */
const APP_ROLE = 'crucible_app';

interface Migration {
  name: string;
  sql: string;
}

export interface TestDatabase {
  /** with the rights of API and workers, which read and write rows only */
  databaseUrl: string;
  /** as the owner of the tables */
  ownerUrl: string;
  /** a store on it, closed at the end of the test file */
  store: Store;
  /** a connection of the owner for what the store does not offer: looking at rows, moving time back */
  sql: pg.Pool;
}

export interface DatabaseOptions {
  /** any database of the server @defaultValue that of the test run */
  serverUrl?: string | undefined;
  /** @defaultValue 30 */
  leaseSeconds?: number;
}

/**
 * Gives the calling test file a database of its own, with all migrations, on the server of `DATABASE_URL`; it is
 * dropped when the file's tests are over. Files share one template, so that a database costs a copy and no more.
 */
export async function withDatabase({
  serverUrl = process.env.DATABASE_URL,
  leaseSeconds = LEASE_SECONDS,
}: DatabaseOptions = {}): Promise<TestDatabase> {
  if (serverUrl === undefined)
    throw new Error('DATABASE_URL is not set: integration tests need a Postgres server; `npm test` brings its own.');
  const ownerUrl = await createDatabase(serverUrl);
  const databaseUrl = asApp(ownerUrl);
  const name = new URL(ownerUrl).pathname.slice(1);
  const store = createStore({ databaseUrl, applicationName: 'crucible test', poolSize: 10, leaseSeconds });
  const sql = new pg.Pool({ connectionString: ownerUrl, max: 4 });
  after(async () => {
    await store.close();
    await sql.end();
    await onServer(serverUrl, (server) => server.query(`drop database ${name} with (force)`));
  });
  return { databaseUrl, ownerUrl, store, sql };
}

/** The same database with the rights of API and workers; the role itself may have no password on a server of tests. */
function asApp(ownerUrl: string): string {
  const url = new URL(ownerUrl);
  url.searchParams.set('options', `-c role=${APP_ROLE}`);
  return url.href;
}

/** Makes a database with all migrations on a server. @returns its address, as its owner */
export async function createDatabase(serverUrl: string): Promise<string> {
  const name = `crucible_test_${randomBytes(8).toString('hex')}`;
  await onServer(serverUrl, async (server) => {
    const template = await ensureTemplate(server, serverUrl);
    await server.query(`create database ${name} template ${template}`);
  });
  return urlOf(serverUrl, name);
}

function urlOf(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}

async function onServer<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** The template is named by what is in it; it gets its name when it is whole. */
async function ensureTemplate(server: pg.Client, serverUrl: string): Promise<string> {
  const migrations = await readMigrations();
  const hash = createHash('sha256').update(JSON.stringify(migrations)).digest('hex').slice(0, 16);
  const template = `crucible_template_${hash}`;
  await server.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK]);
  const { rowCount } = await server.query('select from pg_database where datname = $1', [template]);
  if (rowCount === 0) {
    await server.query(`drop database if exists ${template}_new with (force)`);
    await server.query(`create database ${template}_new`);
    await onServer(urlOf(serverUrl, `${template}_new`), (client) => migrate(client, migrations));
    await server.query(`alter database ${template}_new rename to ${template}`);
  }
  await server.query('select pg_advisory_unlock($1)', [TEMPLATE_LOCK]);
  return template;
}

async function readMigrations(): Promise<Migration[]> {
  const entries = await readdir(MIGRATIONS, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => ({
      name,
      sql: await readFile(new URL(`${name}/migration.sql`, MIGRATIONS), 'utf8'),
    })),
  );
}

/** Applies migrations and keeps the record of them that Prisma keeps, with its columns. */
async function migrate(client: pg.Client, migrations: readonly Migration[]): Promise<void> {
  await client.query(
    `create table _prisma_migrations (
       id varchar(36) primary key, checksum varchar(64) not null, finished_at timestamptz,
       migration_name varchar(255) not null, logs text, rolled_back_at timestamptz,
       started_at timestamptz not null default now(), applied_steps_count integer not null default 0)`,
  );
  for (const { name, sql } of migrations) {
    await client.query(sql);
    await client.query(
      `insert into _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
       values (gen_random_uuid(), $1, $2, now(), 1)`,
      [createHash('sha256').update(sql).digest('hex'), name],
    );
  }
}
