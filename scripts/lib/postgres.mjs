import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Failure } from './failure.mjs';
import { log } from './log.mjs';
import { freePort, PORT_ATTEMPTS } from './ports.mjs';
import { findPostgres } from './postgres-binaries.mjs';
import { clusterPassword, createCluster, SUPERUSER, serverOptions } from './postgres-cluster.mjs';
import { connectPostgres } from './postgres-connect.mjs';
import { pidState, sleep, stopPid } from './process.mjs';

const START_LIMIT_MS = 60_000;
/** Database of the service inside the embedded cluster. */
const DATABASE = 'crucible';
const SETTINGS = { listen_addresses: '127.0.0.1', unix_socket_directories: '', max_connections: '100' };

const urlAt = (dir, port, database) =>
  `postgresql://${SUPERUSER}:${encodeURIComponent(clusterPassword(dir))}@127.0.0.1:${port}/${database}`;

/** Clusters of every major version that lie in the state folder. */
const clustersIn = (dir) => fs.readdirSync(dir).filter((name) => /^postgres-\d+$/.test(name));

/** Process and port of the server that holds a cluster, as Postgres itself notes them; null when none does. */
function readPidFile(data) {
  try {
    const [pid, , , port] = fs.readFileSync(path.join(data, 'postmaster.pid'), 'utf8').split('\n');
    return { pid: Number(pid), port: Number(port) };
  } catch {
    return null;
  }
}

/** Makes the service's database when it is missing, which also proves that the server answers. */
async function ensureDatabase(dir, port) {
  const client = await connectPostgres(urlAt(dir, port, 'postgres'));
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [DATABASE]);
    if (found.rowCount === 0) await client.query(`create database ${DATABASE}`);
  } finally {
    await client.end();
  }
}

/**
 * The running server of this cluster, if it answers to our password. Also clears what a crash left: Postgres drops a
 * lock file whose process is gone by itself, but not one whose process is a zombie.
 */
async function findRunning(dir, data) {
  for (let wait = 0; wait < 50; wait++) {
    const server = readPidFile(data);
    if (server === null || pidState(server.pid) === 'dead') return null;
    if (pidState(server.pid) === 'alive') {
      const reached = await ensureDatabase(dir, server.port).then(
        () => true,
        () => false,
      );
      if (reached) return server;
    }
    await sleep(200); // starting, stopping, or a zombie that its parent is about to collect
  }
  const server = readPidFile(data);
  if (server !== null && pidState(server.pid) === 'alive') {
    throw new Failure(
      `Process ${server.pid} holds ${data} but does not answer. Stop it, or remove its postmaster.pid.`,
    );
  }
  fs.rmSync(path.join(data, 'postmaster.pid'), { force: true });
  return null;
}

async function launch(dir, data, bin) {
  const logFile = path.join(dir, 'postgres.log');
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const from = fs.existsSync(logFile) ? fs.statSync(logFile).size : 0;
    const out = fs.openSync(logFile, 'a');
    const { env, ...who } = serverOptions();
    const flags = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const server = spawn(bin('postgres'), ['-D', data, '-p', String(port), ...flags], {
      ...who,
      env: { ...process.env, ...env },
      detached: true, // outlives Ctrl-C in the terminal: services must be able to finish their writes first
      stdio: ['ignore', out, out],
    });
    fs.closeSync(out);
    server.unref();
    let ended = false;
    server.on('error', () => (ended = true));
    server.on('exit', () => (ended = true));
    const deadline = performance.now() + START_LIMIT_MS;
    while (!ended && performance.now() < deadline) {
      if (
        await ensureDatabase(dir, port).then(
          () => true,
          () => false,
        )
      )
        return port; // prettier than a probe query
      await sleep(40);
    }
    const said = fs.readFileSync(logFile).subarray(from).toString('utf8');
    if (ended && /in use/i.test(said) && attempt < PORT_ATTEMPTS) continue;
    throw new Failure(`Postgres did not start (${logFile}):\n${said.slice(-1500)}`);
  }
}

/**
 * Starts the embedded Postgres of this clone, or finds it running.
 *
 * @param {string} dir state folder
 * @returns {Promise<string>} connection address of the service's database
 * @throws {Failure} with the end of the server's log
 */
export async function startPostgres(dir) {
  const { major, bin } = findPostgres(dir);
  const data = path.join(dir, `postgres-${major}`);
  if (!fs.existsSync(data)) await createCluster(dir, data, bin);
  const running = await findRunning(dir, data);
  if (running !== null) {
    log(`postgres: using the server that already runs (process ${running.pid}, port ${running.port})`);
    return urlAt(dir, running.port, DATABASE);
  }
  const start = performance.now();
  const port = await launch(dir, data, bin);
  log(`postgres: up on port ${port} in ${Math.round(performance.now() - start)} ms`);
  return urlAt(dir, port, DATABASE);
}

/**
 * Address of the embedded Postgres if it runs now; starts nothing.
 *
 * @param {string} dir state folder
 * @returns {string | null}
 */
export function runningPostgres(dir) {
  for (const name of clustersIn(dir)) {
    const server = readPidFile(path.join(dir, name));
    if (server !== null && pidState(server.pid) === 'alive') return urlAt(dir, server.port, DATABASE);
  }
  return null;
}

/** False only when the process is known to be something else that was given the same id later. */
function isPostgresOf(data, pid) {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(data);
  } catch {
    return pidState(pid) === 'alive'; // no /proc: the lock file is all there is to go by
  }
}

/**
 * Stops the embedded Postgres ("fast": open transactions are rolled back, everything committed is kept).
 *
 * @param {string} dir state folder
 */
export async function stopPostgres(dir) {
  for (const name of clustersIn(dir)) {
    const data = path.join(dir, name);
    const server = readPidFile(data);
    if (server !== null && isPostgresOf(data, server.pid)) await stopPid(server.pid, 'SIGINT', 12_000);
  }
}
