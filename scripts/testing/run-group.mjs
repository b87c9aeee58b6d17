import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { inProject } from '../lib/project.mjs';
import { isClosing, onShutdown } from '../lib/shutdown.mjs';

/** Time that one test, or one file of tests, may take: a system test kills and resumes real jobs. */
const TEST_LIMIT_MS = 15 * 60_000;

/**
 * Runs test files with Node's own runner, on the sources.
 *
 * @param {string[]} files relative to the root
 * @param {Record<string, string>} env addresses and folders for the tests
 * @returns {Promise<{ passed: number, failed: number, skipped: number }>}
 */
export async function runGroup(files, env) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'crucible-test-'));
  const countsFile = path.join(folder, 'counts.json');
  const reporters = [
    `--test-reporter=${inProject('scripts/testing/text-reporter.mjs')}`,
    '--test-reporter-destination=stdout',
    `--test-reporter=${inProject('scripts/testing/count-reporter.mjs')}`,
    `--test-reporter-destination=${countsFile}`,
  ];
  const limits = ['--test-concurrency=2', `--test-timeout=${TEST_LIMIT_MS}`];
  const flags = ['--conditions=development', '--import', 'tsx', '--test', ...limits, ...reporters];
  const runner = spawn(process.execPath, [...flags, ...files], {
    cwd: inProject(),
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  onShutdown(() => void runner.kill('SIGTERM'));
  const code = await new Promise((resolve, reject) => {
    runner.on('error', reject);
    runner.on('exit', resolve);
  });
  try {
    const counts = JSON.parse(fs.readFileSync(countsFile, 'utf8'));
    // An exit code without a failure that was counted: the runner itself, or a process that it lost.
    if (code !== 0 && counts.failed === 0) counts.failed = 1;
    return counts;
  } catch (error) {
    if (isClosing()) return { passed: 0, failed: 0, skipped: 0 };
    console.error(`the test runner ended (${code}) without a count: ${error.message}`);
    return { passed: 0, failed: files.length, skipped: 0 };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
