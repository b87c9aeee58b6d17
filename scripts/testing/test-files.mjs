import { sourceFiles } from '../lib/once.mjs';

const FOLDERS = ['scripts', 'packages', 'apps', 'bench', 'test'];
const TEST_FILE = /\.test\.(ts|tsx|mjs)$/;

/** Tests that drive a browser. */
export const isBrowserTest = (file) => file.startsWith('test/e2e/');

/** Tests that need a Vulkan driver. */
export const isWebGpuTest = (file) => /\bwebgpu\.test\.ts$/.test(file);

/**
 * Test files in the order in which they are run: those beside the sources first, they are quick and say more exactly
 * what is wrong; then those of WebGPU, whose driver may still be on its way; then those of `test/`, which need servers.
 *
 * @param {string[]} filters parts of paths; none selects every file
 * @returns {{ name: string, files: string[] }[]} groups, none of them empty
 */
export function testFiles(filters) {
  const wanted = (file) => filters.length === 0 || filters.some((filter) => file.includes(filter.replace(/^\.\//, '')));
  const files = FOLDERS.flatMap((folder) => sourceFiles(folder, TEST_FILE)).filter(wanted);
  const isSystemTest = (file) => file.startsWith('test/');
  return [
    { name: 'unit tests', files: files.filter((file) => !isSystemTest(file) && !isWebGpuTest(file)) },
    { name: 'WebGPU tests', files: files.filter(isWebGpuTest) },
    { name: 'system tests', files: files.filter((file) => isSystemTest(file) && !isWebGpuTest(file)) },
  ].filter((group) => group.files.length > 0);
}
