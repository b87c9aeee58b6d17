import { examineClock, examineLeader, examineRole, examineSettings } from '../doctor/database.mjs';
import { problem } from '../doctor/finding.mjs';
import {
  examineDatasets,
  examineDependencies,
  examineDisk,
  examineNativeEngine,
  examineNode,
} from '../doctor/machine.mjs';
import { examineMigrations, examinePostgres, examineRedis, examineServices } from '../doctor/servers.mjs';
import { examineEndToEnd, examineWorkers, findService } from '../doctor/service.mjs';
import { openStateDir } from '../lib/state-dir.mjs';

const EXAMINATIONS = [
  ['node', examineNode],
  ['dependencies', examineDependencies],
  ['native engine', examineNativeEngine],
  ['postgres', examinePostgres],
  ['settings', examineSettings],
  ['database role', examineRole],
  ['clock', examineClock],
  ['redis', examineRedis],
  ['migrations', examineMigrations],
  ['API', async (dir) => (await examineServices(dir))[0]],
  ['leader', examineLeader],
  ['worker', async (dir) => (await examineServices(dir))[1]],
  ['workers', examineWorkers],
  ['disk', examineDisk],
  ['data sets', examineDatasets],
  ['end to end', examineEndToEnd],
];

function printFinding({ name, ok, said, remedy }) {
  console.log(`${ok ? 'ok     ' : 'PROBLEM'}  ${name.padEnd(14)} ${said}`);
  if (!ok) console.log(`${' '.repeat(24)} remedy: ${remedy}`);
}

/**
 * `doctor`: examines this machine and what runs on it. Starts nothing, and changes nothing but for one small job that
 * it sends through a service that runs.
 *
 * @param {string[]} args `--json`: one document at the end; `--no-probe`: no job
 * @returns {Promise<number>} exit code: 1 when something needs mending
 */
export async function doctor(args) {
  const isJson = args.includes('--json');
  const { dir } = openStateDir();
  const service = { ...findService(dir), isProbing: !args.includes('--no-probe') };
  const findings = [];
  for (const [name, examine] of EXAMINATIONS) {
    let finding;
    try {
      finding = await examine(dir, service);
    } catch (error) {
      finding = problem(error.message, 'see the message');
    }
    findings.push({ name, ...finding });
    if (!isJson) printFinding({ name, ...finding });
  }
  const numProblems = findings.filter(({ ok }) => !ok).length;
  if (isJson) console.log(JSON.stringify({ ok: numProblems === 0, findings }, null, 2));
  else console.log(numProblems === 0 ? '\nno problem found' : `\nproblems: ${numProblems}`);
  return numProblems === 0 ? 0 : 1;
}
