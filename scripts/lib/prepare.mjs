import fs from 'node:fs';
import { removeAbandonedState } from './abandoned-state.mjs';
import { appDatabaseUrl } from './app-role.mjs';
import { database, datasets, redis, SETUP_LOCK, shareServers } from './backends.mjs';
import { buildDashboard, buildServices } from './build.mjs';
import { installDependencies } from './dependencies.mjs';
import { withLock } from './lock.mjs';
import { log } from './log.mjs';
import { buildNativeEngine } from './native-engine.mjs';
import { generateClient, migrate } from './prisma.mjs';
import { inProject } from './project.mjs';
import { openStateDir } from './state-dir.mjs';

/**
 * Opens the state folder and clears what earlier clones left.
 *
 * @returns {Promise<string>} the folder
 */
export async function openState() {
  const { dir, relocated } = openStateDir();
  if (relocated) log(`state lies in ${dir}: Postgres never runs as root, and nobody else can enter this clone`);
  await removeAbandonedState();
  return dir;
}

/**
 * Makes what needs no server: database client, compiled services, dashboard, native engine.
 *
 * @param {string} dir state folder
 * @returns {Promise<{ built: boolean, reason?: string, remedy?: string }>} whether the native engine could be built
 */
export async function prepareCode(dir) {
  await generateClient();
  const native = buildNativeEngine(dir);
  const compiled = buildServices().then(buildDashboard);
  const [engine] = await Promise.all([native, compiled]);
  return engine;
}

/**
 * Brings this clone from whatever state it is in to "the services can start": everything installed, built, fetched,
 * running and migrated. Each part is skipped when it was done before. Two runs in one clone take turns.
 *
 * @param {{ migrated?: (url: string, dir: string) => Promise<string> }} options `migrated` picks the database to migrate on the
 *   server at `url` and returns its address; by default the service's own
 * @returns {Promise<{ dir: string, env: Record<string, string>, serviceEnv: Record<string, string>,
 *   engine: { built: boolean, remedy?: string } }>} `env` holds the addresses and folders that verbs and tests read, with
 *   the database as its owner; `serviceEnv` the same for API and workers, which may do less there
 */
export async function prepare({ migrated = async (url) => url } = {}) {
  const dir = await openState();
  return withLock(dir, SETUP_LOCK, async () => {
    shareServers(dir);
    // Downloads wait for the network, the installation for disk and processor: they overlap well.
    const early = Promise.all([redis(dir), datasets(dir)]);
    early.catch(() => {}); // awaited below; until then its failure must not count as unhandled
    await installDependencies();
    const [url, engine, [redisUrl, dataDir]] = await Promise.all([database(dir), prepareCode(dir), early]);
    const databaseUrl = await migrated(url, dir);
    if (fs.existsSync(inProject('prisma/migrations'))) log(`migrations: ${await migrate(databaseUrl)}`);
    const env = { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, CRUCIBLE_DATA_DIR: dataDir };
    const serviceEnv = { ...env, DATABASE_URL: await appDatabaseUrl(dir, databaseUrl) };
    return { dir, env, serviceEnv, engine };
  });
}
