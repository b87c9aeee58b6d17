import fs from 'node:fs';
import { Failure } from '../lib/failure.mjs';
import { connectPostgres, withDatabase } from '../lib/postgres-connect.mjs';
import { prisma } from '../lib/prisma.mjs';
import { inProject } from '../lib/project.mjs';

/** Exit code of `prisma migrate diff --exit-code` when the two sides differ. */
const DIFFERENT = 2;

async function onServer(url, statement) {
  const client = await connectPostgres(withDatabase(url, 'postgres'));
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/**
 * Replays the migrations in an empty database and compares the result with the schema that the client is made from.
 *
 * @param {string} databaseUrl any database of a server that may hold scratch databases
 * @throws {Failure} with the difference
 */
export async function checkSchemaDrift(databaseUrl) {
  if (!fs.existsSync(inProject('prisma/migrations'))) throw new Failure('prisma/migrations is missing');
  const name = `crucible_shadow_${process.pid}`;
  await onServer(databaseUrl, `create database ${name}`);
  try {
    const sides = ['--from-migrations', 'prisma/migrations', '--to-schema', 'prisma/schema.prisma'];
    const env = { SHADOW_DATABASE_URL: withDatabase(databaseUrl, name) };
    const { code, output } = await prisma(['migrate', 'diff', ...sides, '--exit-code'], databaseUrl, {
      allowFailure: true,
      env,
    });
    if (code === DIFFERENT) throw new Failure(`migrations and schema.prisma differ:\n${output.trim()}`);
    if (code !== 0) throw new Failure(output.trim());
  } finally {
    await onServer(databaseUrl, `drop database if exists ${name} with (force)`);
  }
}
