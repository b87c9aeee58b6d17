import path from 'node:path';

const given = (value) => (value === undefined || value === '' ? null : value);

/**
 * What the launcher takes from the environment. A value that is set is used as it is: no server of that kind is
 * started, no data set fetched, no browser looked for.
 *
 * @param {Record<string, string | undefined>} env usually `process.env`
 */
export function readSettings(env) {
  const dataDir = given(env.CRUCIBLE_DATA_DIR);
  const engineAddon = given(env.CRUCIBLE_ENGINE_ADDON);
  return Object.freeze({
    databaseUrl: given(env.DATABASE_URL),
    appDatabaseUrl: given(env.CRUCIBLE_APP_DATABASE_URL),
    redisUrl: given(env.REDIS_URL),
    dataDir: dataDir === null ? null : path.resolve(dataDir),
    apiPort: given(env.CRUCIBLE_PORT),
    workerName: given(env.CRUCIBLE_WORKER_NAME),
    chromium: given(env.CRUCIBLE_CHROMIUM),
    vulkanDriver: given(env.CRUCIBLE_VULKAN_DRIVER),
    engineAddon: engineAddon === null ? null : path.resolve(engineAddon),
    schemaEngine: given(env.PRISMA_SCHEMA_ENGINE_BINARY),
  });
}

/** Settings of this process. */
export const settings = readSettings(process.env);
