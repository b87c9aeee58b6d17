import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { prepare } from './prepare.mjs';
import { inProject } from './project.mjs';
import { onShutdown, setLastLine } from './shutdown.mjs';

const SUFFIXES = ['.mjs', '.ts'];

/** Names of the scripts in a folder. */
function scriptsIn(folder) {
  if (!fs.existsSync(inProject(folder))) return [];
  const files = fs.readdirSync(inProject(folder)).filter((file) => SUFFIXES.includes(path.extname(file)));
  return files.filter((file) => !file.endsWith('.test.ts')).map((file) => path.parse(file).name);
}

/** What the first comment of a script says, without the stars. */
function helpIn(file) {
  const comment = /\/\*\*(.*?)\*\//s.exec(fs.readFileSync(file, 'utf8'))?.[1] ?? '';
  return comment
    .replaceAll(/^[ *]+/gm, '')
    .replaceAll('@file ', '')
    .trim();
}

/**
 * Runs a script of the bench folder on the sources, with servers and data around it. A line that it sends as
 * `{ lastLine }` is printed after everything else.
 *
 * @param {string} folder relative to the root
 * @param {string[]} args the script's name, then its own arguments
 * @param {string} usage shown when there is no such script
 * @param {(prepared: Awaited<ReturnType<typeof prepare>>) => Promise<Record<string, string>>} [open] starts what else
 *   the script needs, and returns variables for it
 * @returns {Promise<number>} the script's exit code; 0 after `--help`; 2 when there is no such script
 */
export async function runBenchFile(folder, [name, ...rest], usage, open = async () => ({})) {
  const known = scriptsIn(folder);
  if (name === undefined || !known.includes(name)) {
    console.error(`usage: ./crucible ${usage}\n\nthere is: ${known.join(', ') || 'nothing yet'}`);
    return 2;
  }
  const file = SUFFIXES.map((suffix) => inProject(folder, `${name}${suffix}`)).find((path) => fs.existsSync(path));
  if (rest.some((argument) => argument === '--help' || argument === '-h')) {
    console.log(helpIn(file));
    return 0;
  }
  const prepared = await prepare();
  const more = await open(prepared);
  const child = spawn(process.execPath, ['--conditions=development', '--import', 'tsx', file, ...rest], {
    cwd: inProject(),
    env: { ...process.env, ...prepared.env, ...more },
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  child.on('message', ({ lastLine }) => setLastLine(() => lastLine));
  onShutdown(() => void child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}
