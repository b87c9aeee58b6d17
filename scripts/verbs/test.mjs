import { log } from '../lib/log.mjs';
import { prepare } from '../lib/prepare.mjs';
import { setLastLine } from '../lib/shutdown.mjs';
import { findChromium } from '../testing/chromium.mjs';
import { runGroup } from '../testing/run-group.mjs';
import { createTestDatabase } from '../testing/test-database.mjs';
import { isBrowserTest, isWebGpuTest, testFiles } from '../testing/test-files.mjs';
import { findVulkanDriver } from '../testing/vulkan-driver.mjs';

/**
 * What tests of a kind need beyond servers and data. The search starts early, since fetching takes a while; its
 * failure is reported where it matters, and fails the tests that need it.
 */
const NEEDS = [
  { isFor: isWebGpuTest, group: 'WebGPU tests', variable: 'CRUCIBLE_VULKAN_DRIVER', find: findVulkanDriver },
  { isFor: isBrowserTest, group: 'system tests', variable: 'CRUCIBLE_CHROMIUM', find: findChromium },
];

function startSearches(files, dir) {
  const needed = NEEDS.filter(({ isFor }) => files.some(isFor));
  return needed.map(({ find, ...need }) => ({
    ...need,
    search: find(dir).then(
      (path) => ({ path, fault: null }),
      (error) => ({ path: null, fault: error.message }),
    ),
  }));
}

/** @returns {Promise<{ env: Record<string, string>, blocked: string[] }>} `blocked`: files that lack what they need */
async function finishSearches(searches, group, files) {
  const env = {};
  const blocked = [];
  for (const { isFor, variable, search } of searches.filter((need) => need.group === group)) {
    const { path, fault } = await search;
    if (fault === null) env[variable] = path;
    else
      for (const file of files.filter(isFor)) {
        console.error(`\nFAIL ${file}: ${fault}\n`);
        blocked.push(file);
      }
  }
  return { env, blocked };
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
  const searches = startSearches(
    groups.flatMap(({ files }) => files),
    dir,
  );
  for (const { name, files } of groups) {
    const found = await finishSearches(searches, name, files);
    add({ passed: 0, failed: found.blocked.length, skipped: 0 });
    const runnable = files.filter((file) => !found.blocked.includes(file));
    if (runnable.length === 0) continue;
    log(`${name}: ${runnable.length} files`);
    add(await runGroup(runnable, { ...env, ...found.env }));
  }
  if (groups.length === 0) console.error(`no test file matches ${filters.join(', ')}`);
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
}
