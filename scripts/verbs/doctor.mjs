import { problem } from '../doctor/finding.mjs';
import {
  examineDatasets,
  examineDependencies,
  examineDisk,
  examineNativeEngine,
  examineNode,
} from '../doctor/machine.mjs';
import { examineMigrations, examinePostgres, examineRedis, examineServices } from '../doctor/servers.mjs';
import { openStateDir } from '../lib/state-dir.mjs';

const EXAMINATIONS = [
  ['node', examineNode],
  ['dependencies', examineDependencies],
  ['native engine', examineNativeEngine],
  ['postgres', examinePostgres],
  ['redis', examineRedis],
  ['migrations', examineMigrations],
  ['API', async (dir) => (await examineServices(dir))[0]],
  ['worker', async (dir) => (await examineServices(dir))[1]],
  ['disk', examineDisk],
  ['data sets', examineDatasets],
];

/**
 * `doctor`: examines this machine and what runs on it. Starts and changes nothing.
 *
 * @returns {Promise<number>} exit code: 1 when something needs mending
 */
export async function doctor() {
  const { dir } = openStateDir();
  let numProblems = 0;
  for (const [name, examine] of EXAMINATIONS) {
    let finding;
    try {
      finding = await examine(dir);
    } catch (error) {
      finding = problem(error.message, 'see the message');
    }
    console.log(`${finding.ok ? 'ok     ' : 'PROBLEM'}  ${name.padEnd(14)} ${finding.said}`);
    if (finding.ok) continue;
    numProblems += 1;
    console.log(`${' '.repeat(24)} remedy: ${finding.remedy}`);
  }
  console.log(numProblems === 0 ? '\nno problem found' : `\nproblems: ${numProblems}`);
  return numProblems === 0 ? 0 : 1;
}
