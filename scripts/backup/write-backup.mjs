import { once } from 'node:events';
import fs from 'node:fs';
import zlib from 'node:zlib';
import copyStreams from 'pg-copy-streams';
import { connectPostgres } from '../lib/postgres-connect.mjs';
import { frameWriter, MAGIC } from './frames.mjs';
import { contentOf, quoted, tablesOf } from './tables.mjs';

/**
 * Writes one state of a database into a file, while services use the database. The file appears under its name when it
 * is whole.
 *
 * @param {string} databaseUrl
 * @param {string} file
 * @returns {Promise<{ rows: Record<string, number>, roots: string, bytes: number }>} what was written
 */
export async function writeBackup(databaseUrl, file) {
  const client = await connectPostgres(databaseUrl);
  const draft = `${file}.draft`;
  try {
    await client.query('begin isolation level repeatable read read only');
    const { rows: migrations } = await client.query(
      `select migration_name as name from _prisma_migrations
       where finished_at is not null and rolled_back_at is null order by migration_name`,
    );
    const tables = await tablesOf(client);
    const content = await contentOf(client, tables);
    const gzip = zlib.createGzip({ level: 1 }); // weights do not compress: more effort would only cost time
    const out = fs.createWriteStream(draft, { mode: 0o600 }); // it holds hashes of keys
    gzip.pipe(out);
    const write = frameWriter(gzip);
    await write({ magic: MAGIC, migrations: migrations.map(({ name }) => name), content });
    for (const { name, columns } of tables) {
      await write({ table: name, columns });
      const list = columns.map(quoted).join(', ');
      const rows = client.query(copyStreams.to(`copy (select ${list} from ${quoted(name)}) to stdout (format binary)`));
      for await (const piece of rows) await write(piece);
      await write(Buffer.alloc(0));
    }
    await write({ end: true });
    gzip.end();
    await once(out, 'close');
    await client.query('commit');
    fs.renameSync(draft, file);
    return { ...content, bytes: fs.statSync(file).size };
  } finally {
    fs.rmSync(draft, { force: true });
    await client.end();
  }
}
