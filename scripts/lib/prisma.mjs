import fs from 'node:fs';
import { once, stamp } from './once.mjs';
import { run } from './process.mjs';
import { inProject } from './project.mjs';
import { settings } from './settings.mjs';

const STAND_IN = inProject('scripts/prisma-schema-engine.mjs');

/**
 * Environment for Prisma's command line. Where its native schema engine could not be downloaded, Prisma's own
 * WebAssembly build of the same engine takes its place, behind the same protocol.
 */
function prismaEnv() {
  const engines = fs.readdirSync(inProject('node_modules/@prisma/engines'));
  const isNative = settings.schemaEngine !== null || engines.some((name) => name.startsWith('schema-engine'));
  const engine = isNative ? {} : { PRISMA_SCHEMA_ENGINE_BINARY: STAND_IN };
  return { CHECKPOINT_DISABLE: '1', PRISMA_HIDE_UPDATE_MESSAGE: '1', ...engine };
}

/**
 * Runs Prisma's command line.
 *
 * @param {string[]} args
 * @param {string | null} databaseUrl address for commands that need a database
 * @param {{ allowFailure?: boolean, env?: Record<string, string> }} options
 * @returns {ReturnType<typeof run>}
 */
export function prisma(args, databaseUrl = null, options = {}) {
  const database = databaseUrl === null ? {} : { DATABASE_URL: databaseUrl };
  const env = { ...prismaEnv(), ...database, ...options.env };
  return run(process.execPath, [inProject('node_modules/prisma/build/index.js'), ...args], { ...options, env });
}

/** Generates the database client when the schema or the dependencies changed. */
export async function generateClient() {
  const key = stamp(['prisma/schema.prisma', 'package-lock.json']);
  const isPresent = () => fs.existsSync(inProject('packages/store/src/generated'));
  await once('client', key, () => prisma(['generate']), { title: 'generate the database client', isPresent });
}

/**
 * Brings a database to the newest migration; one that does not exist is created.
 *
 * @param {string} databaseUrl
 * @returns {Promise<string>} what Prisma says at the end
 */
export async function migrate(databaseUrl) {
  const { output } = await prisma(['migrate', 'deploy'], databaseUrl);
  return output.trim().split('\n').pop().trim();
}
