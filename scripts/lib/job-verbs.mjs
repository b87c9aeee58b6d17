import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { pathToFileURL } from 'node:url';
import { keptKey } from './api-key.mjs';
import { runningPostgres } from './postgres.mjs';
import { inProject } from './project.mjs';
import { readBackground } from './runs.mjs';
import { settings } from './settings.mjs';
import { openStateDir } from './state-dir.mjs';

const CLI = inProject('packages/cli/dist');

const isBuilt = () => fs.existsSync(`${CLI}/main.js`);

/** The list of verbs for jobs, which the command line client keeps. */
export async function jobVerbsHelp() {
  const title = 'Jobs, on the service that "up" started or that CRUCIBLE_URL and CRUCIBLE_KEY name:';
  if (!isBuilt()) return `${title}\n  submit, ps, show, logs, ...: listed here after ./crucible build`;
  const { VERBS } = await import(pathToFileURL(`${CLI}/run.js`).href);
  const lines = Object.entries(VERBS).map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`);
  return `${title}\n${lines.join('\n')}`;
}

/** Address and key of the service that runs here in the background; what the environment says goes before. */
function serviceEnv() {
  const { dir } = openStateDir();
  const note = readBackground(dir);
  const databaseUrl = settings.databaseUrl ?? runningPostgres(dir);
  const key = databaseUrl === null ? null : keptKey(dir, databaseUrl);
  return note === null || key === null ? {} : { CRUCIBLE_URL: note.base, CRUCIBLE_KEY: key };
}

/**
 * Hands a command line to the client of the service.
 *
 * @param {string[]} args the verb first
 * @returns {Promise<number>} its exit code; 2 when it is not built yet
 */
export async function runJobVerb(args) {
  if (!isBuilt()) {
    console.error(
      `"${args[0]}" is no verb of the launcher, and the client for jobs is not built: run ./crucible build.`,
    );
    return 2;
  }
  const named = process.env.CRUCIBLE_URL && process.env.CRUCIBLE_KEY;
  const env = { ...(named ? {} : serviceEnv()), ...process.env };
  const client = spawn(process.execPath, [`${CLI}/main.js`, ...args], { stdio: 'inherit', env });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => client.kill(signal));
  return new Promise((resolve, reject) => {
    client.on('error', reject);
    client.on('exit', (code) => resolve(code ?? 1));
  });
}
