import { log } from '../lib/log.mjs';
import { prepare } from '../lib/prepare.mjs';
import { setLastLine } from '../lib/shutdown.mjs';
import { findChromium } from '../testing/chromium.mjs';
import { runGroup } from '../testing/run-group.mjs';
import { createTestDatabase } from '../testing/test-database.mjs';
import { isBrowserTest, testFiles } from '../testing/test-files.mjs';

/** Starts the search for a browser early: fetching one takes a while. Its failure is reported where it matters. */
function browserFor(files, dir) {
  if (!files.some(isBrowserTest)) return Promise.resolve({ path: null, fault: null });
  return findChromium(dir).then(
    (path) => ({ path, fault: null }),
    (error) => ({ path: null, fault: error.message }),
  );
}

/**
 * `test`: runs the tests with servers and data around them.
 *
 * @param {string[]} filters parts of file paths; none runs everything
 * @returns {Promise<number>} exit code: 0 only when something ran and nothing failed
 */
export async function test(filters) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  const add = (counts) => {
    for (const name of Object.keys(total)) total[name] += counts[name];
  };
  const { dir, env } = await prepare({ migrated: createTestDatabase });
  setLastLine(() => `${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  const groups = testFiles(filters);
  const browser = browserFor(
    groups.flatMap(({ files }) => files),
    dir,
  );
  for (const { name, files } of groups) {
    const { path, fault } = name === 'system tests' ? await browser : { path: null, fault: null };
    const blocked = fault === null ? [] : files.filter(isBrowserTest);
    for (const file of blocked) console.error(`\nFAIL ${file}: ${fault}\n`);
    add({ passed: 0, failed: blocked.length, skipped: 0 });
    const runnable = files.filter((file) => !blocked.includes(file));
    if (runnable.length === 0) continue;
    log(`${name}: ${runnable.length} files`);
    add(await runGroup(runnable, { ...env, ...(path === null ? {} : { CRUCIBLE_CHROMIUM: path }) }));
  }
  if (groups.length === 0) console.error(`no test file matches ${filters.join(', ')}`);
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
}
