// Child processes for the scripts: find a program, run it to its end, keep what it printed.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/** Full path of a program on PATH, or undefined. */
export function which(name, env = process.env) {
  for (const folder of (env.PATH ?? '').split(path.delimiter)) {
    const candidate = path.join(folder, name);
    try {
      fs.accessSync(candidate, fs.constants.X_OK);
      if (fs.statSync(candidate).isFile()) return candidate;
    } catch {
      // not here: look in the next folder
    }
  }
  return undefined;
}

/**
 * Runs a program and resolves with `{ out, err }`.
 * Rejects on a non-zero exit with the last lines of what it printed in the message.
 */
export function run(command, args, { cwd, env } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      err += text;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) return resolve({ out, err });
      const tail = (err.trim() || out.trim()).split('\n').slice(-12).join('\n');
      const failure = new Error(`${path.basename(command)} ended with ${signal ?? code}: ${tail}`);
      reject(Object.assign(failure, { code, signal, out, err }));
    });
  });
}
