import fs from 'node:fs';
import path from 'node:path';
import { extractPackages, libraryPath } from '../lib/debfetch.mjs';
import { Failure, firstLine } from '../lib/failure.mjs';
import { step } from '../lib/log.mjs';
import { run, which } from '../lib/process.mjs';
import { settings } from '../lib/settings.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const REMEDY =
  'Install Chromium (Debian or Ubuntu: "apt-get install chromium") and run again, or set CRUCIBLE_CHROMIUM to its path.';

let unpacking = null;

/**
 * The distribution's package of Chromium, unpacked into the state folder.
 *
 * @param {string} dir state folder
 * @returns {Promise<string>} folder that stands for `/`
 */
export function unpackChromium(dir) {
  const home = path.join(dir, 'chromium-package');
  if (fs.existsSync(home)) return Promise.resolve(home);
  // The browser and the Vulkan driver are wanted at the same time: one download serves both.
  unpacking ??= step('fetch Chromium', () => extractPackages(['chromium'], home));
  return unpacking.then(() => home);
}

/**
 * A start script for the unpacked browser. Its libraries and fonts are named here and not in the environment of the
 * tests, where every other program would get them too.
 */
function writeStarter(home) {
  const program = path.join(home, 'usr/lib/chromium');
  const starter = path.join(home, 'start-chromium');
  const lines = [
    '#!/bin/sh',
    `export LD_LIBRARY_PATH='${program}:${libraryPath(home)}'`,
    `if [ ! -f /etc/fonts/fonts.conf ]; then export FONTCONFIG_SYSROOT='${home}'; fi`,
    `exec '${program}/chromium' "$@"`,
  ];
  fs.writeFileSync(starter, `${lines.join('\n')}\n`, { mode: 0o755 });
  return starter;
}

/**
 * Path of a Chromium for the browser tests: the system's, or the distribution's package unpacked into the state folder.
 *
 * @param {string} dir state folder
 * @returns {Promise<string>}
 * @throws {Failure} with the remedy, when none can be had
 */
export async function findChromium(dir) {
  const found = settings.chromium ?? NAMES.map((name) => which(name)).find((file) => file !== undefined);
  if (found !== undefined) return found;
  try {
    const starter = writeStarter(await unpackChromium(dir));
    await run(starter, ['--version', '--no-sandbox']);
    return starter;
  } catch (error) {
    throw new Failure(`The browser tests need Chromium, and fetching it failed (${firstLine(error)}). ${REMEDY}`);
  }
}
