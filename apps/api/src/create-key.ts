import { parseArgs } from 'node:util';
import { createStore } from '@crucible/store';
import { loadDatabaseUrl } from './config.ts';

const USAGE = 'usage: node create-key.js --name NAME [--days DAYS] [--json]    (needs DATABASE_URL)';

/** Makes an API key and prints it, once. Only its hash is kept. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { name: { type: 'string' }, days: { type: 'string' }, json: { type: 'boolean', default: false } },
  });
  const days = values.days === undefined ? undefined : Number(values.days);
  if (values.name === undefined || values.name.length === 0 || (days !== undefined && !(days > 0)))
    throw new Error(USAGE);
  const store = createStore({
    databaseUrl: loadDatabaseUrl(process.env),
    applicationName: 'crucible-create-key',
    poolSize: 1,
  });
  try {
    const { id, key } = await store.keys.create(values.name, days === undefined ? {} : { days });
    process.stdout.write(values.json ? `${JSON.stringify({ id, name: values.name, key })}\n` : `${key}\n`);
  } finally {
    await store.close();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
