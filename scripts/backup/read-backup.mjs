import { once } from 'node:events';
import fs from 'node:fs';
import { pipeline } from 'node:stream/promises';
import zlib from 'node:zlib';
import copyStreams from 'pg-copy-streams';
import { Failure } from '../lib/failure.mjs';
import { connectPostgres } from '../lib/postgres-connect.mjs';
import { inProject } from '../lib/project.mjs';
import { frameReader, MAGIC } from './frames.mjs';
import { contentOf, damageOf, quoted, tablesOf } from './tables.mjs';

/** As Prisma makes it: its rows come from the back-up. */
const MIGRATIONS_TABLE = `
  create table _prisma_migrations (
    id varchar(36) primary key, checksum varchar(64) not null, finished_at timestamptz,
    migration_name varchar(255) not null, logs text, rolled_back_at timestamptz,
    started_at timestamptz not null default now(), applied_steps_count integer not null default 0)`;

/**
 * Loads a back-up into a database and verifies it, in one transaction: a restore that fails changes nothing.
 *
 * @param {string} databaseUrl a database that no service uses now
 * @param {string} file
 * @param {{ force?: boolean }} options `force`: replace jobs that it holds
 * @returns {Promise<{ rows: Record<string, number>, roots: string }>} what the database holds now
 * @throws {Failure} with the reason and the remedy
 */
export async function readBackup(databaseUrl, file, { force = false } = {}) {
  const input = fs.createReadStream(file);
  const gunzip = zlib.createGunzip();
  const reading = pipeline(input, gunzip);
  reading.catch(() => {}); // whoever reads frames meets the error, too
  const next = frameReader(gunzip);
  const header = await readHeader(next, file);
  const client = await connectPostgres(databaseUrl);
  try {
    await client.query('begin');
    await refuseUnlessFree(client, force);
    await client.query('drop schema public cascade');
    await client.query('create schema public');
    await makeTables(client, header.migrations);
    const keys = await takeForeignKeys(client);
    await loadTables(client, next);
    for (const { table, name, definition } of keys)
      await client.query(`alter table ${table} add constraint ${quoted(name)} ${definition}`);
    await moveIdentities(client);
    const found = await verify(client, header.content);
    await client.query('commit');
    await client.query('analyze');
    return found;
  } catch (error) {
    if (error.code === 'Z_BUF_ERROR' || error.code === 'Z_DATA_ERROR')
      throw new Failure(`${file} is damaged: ${error.message}`);
    throw error;
  } finally {
    input.destroy();
    await client.end();
  }
}

async function readHeader(next, file) {
  let header = null;
  try {
    header = JSON.parse((await next()).toString());
  } catch {
    // told below
  }
  if (header?.magic !== MAGIC) throw new Failure(`${file} is no back-up, or one of another form: want "${MAGIC}".`);
  return header;
}

async function refuseUnlessFree(client, force) {
  const { rows: users } = await client.query(
    `select distinct application_name as name from pg_stat_activity
     where datname = current_database() and application_name like 'crucible-%' and pid <> pg_backend_pid()`,
  );
  if (users.length > 0)
    throw new Failure(
      `${users.map(({ name }) => name).join(', ')} use this database. Stop them first: ./crucible down.`,
    );
  const { rows: made } = await client.query("select to_regclass('public.job') is not null as is_there");
  if (!made[0].is_there || force) return;
  const { rows } = await client.query('select count(*)::int as num from job');
  if (rows[0].num > 0)
    throw new Failure(
      `The database holds ${rows[0].num} jobs. Use --force to replace them, or --into DATABASE for a drill.`,
    );
}

/** The schema as it was when the back-up was made; newer migrations come after the data. */
async function makeTables(client, migrations) {
  for (const name of migrations) {
    const path = inProject('prisma/migrations', name, 'migration.sql');
    if (!fs.existsSync(path))
      throw new Failure(`The back-up needs migration ${name}: it is of a newer version than this clone.`);
    await client.query(fs.readFileSync(path, 'utf8'));
  }
  await client.query(MIGRATIONS_TABLE);
  const { rows } = await client.query(
    `select string_agg(c.oid::regclass::text, ', ') as tables from pg_class c
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')`,
  );
  await client.query(`truncate ${rows[0].tables}`); // migrations bring rows of their own
}

/** Tables refer to one another in circles: their order cannot satisfy every foreign key while they are loaded. */
async function takeForeignKeys(client) {
  const { rows } = await client.query(
    `select conrelid::regclass::text as table, conname as name, pg_get_constraintdef(oid) as definition
     from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace and conparentid = 0`,
  );
  for (const { table, name } of rows) await client.query(`alter table ${table} drop constraint ${quoted(name)}`);
  return rows;
}

async function loadTables(client, next) {
  for (;;) {
    const { end, table, columns } = JSON.parse((await next()).toString());
    if (end === true) return;
    const list = columns.map(quoted).join(', ');
    const rows = client.query(copyStreams.from(`copy ${quoted(table)} (${list}) from stdin (format binary)`));
    const loaded = once(rows, 'finish');
    loaded.catch(() => {}); // awaited below
    for (let piece = await next(); piece.length > 0; piece = await next())
      if (!rows.write(piece)) await Promise.race([once(rows, 'drain'), loaded]);
    rows.end();
    await loaded;
  }
}

async function moveIdentities(client) {
  const { rows } = await client.query(
    `select c.relname as table, a.attname as column from pg_attribute a join pg_class c on c.oid = a.attrelid
     where c.relnamespace = 'public'::regnamespace and a.attidentity <> '' and c.relkind in ('r', 'p')`,
  );
  for (const { table, column } of rows)
    await client.query(
      `select setval(pg_get_serial_sequence($1, $2), coalesce(max(${quoted(column)}), 1), max(${quoted(column)}) is not null)
       from ${quoted(table)}`,
      [quoted(table), column],
    );
}

async function verify(client, wanted) {
  const found = await contentOf(client, await tablesOf(client));
  const faults = Object.entries(wanted.rows)
    .filter(([name, num]) => found.rows[name] !== num)
    .map(([name, num]) => `${name}: ${found.rows[name] ?? 'no'} rows, not ${num}`);
  if (found.roots !== wanted.roots) faults.push('the roots of the checkpoints differ');
  faults.push(...(await damageOf(client)));
  if (faults.length > 0)
    throw new Failure(`The back-up does not hold what it says: ${faults.join('; ')}. Nothing was changed.`);
  return found;
}
