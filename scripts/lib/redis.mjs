import { spawn } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { Failure } from './failure.mjs';
import { log } from './log.mjs';
import { freePort, PORT_ATTEMPTS } from './ports.mjs';
import { identityOf, isRunning, sleep, stopPid } from './process.mjs';
import { findRedis } from './redis-binary.mjs';
import { redisFault } from './redis-ping.mjs';

const START_LIMIT_MS = 30_000;

const homeOf = (dir) => path.join(dir, 'redis');
const runFileOf = (dir) => path.join(homeOf(dir), 'run.json');

function readRun(dir) {
  try {
    const found = JSON.parse(fs.readFileSync(runFileOf(dir), 'utf8'));
    return isRunning(found) ? found : null;
  } catch {
    return null;
  }
}

/**
 * Server settings, as a file because a command line shows its password to every user of the machine. The queue must
 * never lose an entry to eviction, and what it holds must survive a crash of the server.
 */
function writeConfig(home, port) {
  const file = path.join(home, 'redis.conf');
  const password = crypto.randomBytes(18).toString('base64url');
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `requirepass ${password}`,
    `dir "${home.replaceAll('"', '\\"')}"`,
    'appendonly yes',
    'appendfsync everysec',
    'save ""',
    'maxmemory-policy noeviction',
    'daemonize no',
  ];
  fs.rmSync(file, { force: true });
  fs.writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  return { file, url: `redis://:${password}@127.0.0.1:${port}` };
}

async function launch(dir, { bin, env }) {
  const home = homeOf(dir);
  const logFile = path.join(dir, 'redis.log');
  for (let attempt = 1; ; attempt++) {
    const { file, url } = writeConfig(home, await freePort());
    const from = fs.existsSync(logFile) ? fs.statSync(logFile).size : 0;
    const out = fs.openSync(logFile, 'a');
    const server = spawn(bin, [file], { stdio: ['ignore', out, out], detached: true, env: { ...process.env, ...env } });
    fs.closeSync(out);
    server.unref();
    let ended = false;
    server.on('error', () => (ended = true));
    server.on('exit', () => (ended = true));
    if (server.pid !== undefined) {
      fs.writeFileSync(runFileOf(dir), JSON.stringify({ ...identityOf(server.pid), url }), { mode: 0o600 });
    }
    const deadline = performance.now() + START_LIMIT_MS;
    while (!ended && performance.now() < deadline) {
      if ((await redisFault(url)) === null) return url;
      await sleep(20);
    }
    const said = fs.readFileSync(logFile).subarray(from).toString('utf8');
    if (ended && /in use/i.test(said) && attempt < PORT_ATTEMPTS) continue;
    throw new Failure(`Redis did not start (${logFile}):\n${said.slice(-1500)}`);
  }
}

/**
 * Starts the Redis server of this clone, or finds it running.
 *
 * @param {string} dir state folder
 * @returns {Promise<string>} its address, password included
 * @throws {Failure} when no server can be had or it does not start
 */
export async function startRedis(dir) {
  fs.mkdirSync(homeOf(dir), { recursive: true, mode: 0o700 });
  const running = readRun(dir);
  if (running !== null && (await redisFault(running.url)) === null) {
    log(`redis: using the server that already runs (process ${running.pid})`);
    return running.url;
  }
  const program = await findRedis(dir);
  const start = performance.now();
  const url = await launch(dir, program);
  log(`redis: up on port ${new URL(url).port} in ${Math.round(performance.now() - start)} ms (${program.bin})`);
  return url;
}

/**
 * Address of this clone's Redis if it runs now; starts nothing.
 *
 * @param {string} dir state folder
 * @returns {string | null}
 */
export const runningRedis = (dir) => readRun(dir)?.url ?? null;

/**
 * Stops this clone's Redis; it writes its log to disk first.
 *
 * @param {string} dir state folder
 */
export async function stopRedis(dir) {
  const running = readRun(dir);
  if (running !== null) await stopPid(running.pid, 'SIGTERM', 12_000);
  fs.rmSync(runFileOf(dir), { force: true });
}
