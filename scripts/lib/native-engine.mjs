import fs from 'node:fs';
import { log } from './log.mjs';
import { inProject } from './project.mjs';

/**
 * Builds the native CPU engine when its sources changed. A machine that cannot build it is served by the plain
 * engine, and is told why and what to install.
 *
 * @param {string} dir state folder: what the build needs and the system lacks is unpacked there
 * @returns {Promise<{ built: boolean, reason?: string, remedy?: string }>}
 */
export async function buildNativeEngine(dir) {
  if (!fs.existsSync(inProject('scripts/lib/native.mjs'))) return { built: false, reason: 'no-sources' };
  const { buildNative } = await import('./native.mjs');
  const result = await buildNative({ stateDir: dir, log });
  if (!result.built) log(`native engine: going on with the plain one, which is far slower. Remedy: ${result.remedy}`);
  return result;
}
