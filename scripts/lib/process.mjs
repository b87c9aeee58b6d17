import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { ROOT } from './project.mjs';

// Folders of servers that an ordinary user's PATH often lacks.
const USUAL_FOLDERS = ['/usr/local/bin', '/usr/bin', '/usr/sbin', '/opt/homebrew/bin'];

const isExecutable = (file) => {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
};

/**
 * First executable of that name on the PATH or in the usual folders.
 *
 * @param {string} name command name
 * @returns {string | undefined} absolute path
 */
export function which(name) {
  const folders = (process.env.PATH ?? '').split(path.delimiter).concat(USUAL_FOLDERS);
  return folders.map((folder) => path.join(folder, name)).find(isExecutable);
}

const running = new Set();

/** @param {number} ms @returns {Promise<void>} */
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Runs a command to its end and collects what it prints.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions & { allowFailure?: boolean, echo?: boolean,
 *   onStart?: (child: import('node:child_process').ChildProcess) => void }} options `allowFailure` resolves on a non-zero
 *   exit too; `echo` passes the output through while it comes
 * @returns {Promise<{ code: number | null, out: string, err: string, output: string }>} standard output, standard error,
 *   and both in the order in which they came
 * @throws {Error} the command and the end of its output, when it exits non-zero; with `code`, `signal`, `out`, `err`
 */
export function run(command, args, options = {}) {
  const { allowFailure = false, echo = false, env = {}, onStart = () => {}, ...rest } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...rest,
      env: { ...process.env, ...env },
    });
    running.add(child);
    onStart(child);
    const said = { out: '', err: '', output: '' };
    const keep = (stream) => (text) => {
      said[stream] += text;
      said.output += text;
      if (echo) process.stdout.write(text);
    };
    child.stdout?.setEncoding('utf8').on('data', keep('out'));
    child.stderr?.setEncoding('utf8').on('data', keep('err'));
    child.on('error', (error) => {
      running.delete(child);
      reject(error);
    });
    child.on('close', (code, signal) => {
      running.delete(child);
      if (code === 0 || allowFailure) return resolve({ code, ...said });
      const error = new Error(`${command} ${args.join(' ')} ended with ${code ?? signal}\n${said.output.slice(-4000)}`);
      reject(Object.assign(error, { code, signal, ...said }));
    });
  });
}

/** Ends every command that `run` still waits for, so that an interrupted launcher leaves none behind. */
export function endRunningCommands() {
  for (const child of running) child.kill('SIGTERM');
}

/**
 * @param {number} pid
 * @returns {'alive' | 'zombie' | 'dead'} a zombie has ended but still holds its id: its parent has not collected it
 */
export function pidState(pid) {
  if (!Number.isInteger(pid) || pid <= 0) return 'dead';
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM' ? 'alive' : 'dead';
  }
  return procStat(pid)?.[0] === 'Z' ? 'zombie' : 'alive';
}

/**
 * Fields of `/proc/<pid>/stat` from the state on; null where there is no such file. The command name before them is
 * cut off because it may hold blanks.
 */
function procStat(pid) {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

/**
 * A process that can be recognised later: its id alone is not enough, ids are used again.
 *
 * @param {number} pid
 * @returns {{ pid: number, start: string | null }} `start` is the kernel's start tick, null where it cannot be read
 */
export const identityOf = (pid) => ({ pid, start: procStat(pid)?.[19] ?? null });

/**
 * True while that very process runs.
 *
 * @param {{ pid: number, start?: string | null } | null} identity made by `identityOf`
 */
export function isRunning(identity) {
  if (identity === null || pidState(identity.pid) !== 'alive') return false;
  return identityOf(identity.pid).start === (identity.start ?? null);
}

/**
 * Signals a process and waits until it is gone; after `graceMs` it is killed.
 *
 * @param {number} pid
 * @param {NodeJS.Signals} signal
 * @param {number} graceMs
 */
export async function stopPid(pid, signal, graceMs = 8000) {
  const deadline = performance.now() + graceMs;
  try {
    process.kill(pid, signal);
    while (pidState(pid) === 'alive' && performance.now() < deadline) await sleep(30);
    if (pidState(pid) === 'alive') process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error; // gone already: what was wanted
  }
}
