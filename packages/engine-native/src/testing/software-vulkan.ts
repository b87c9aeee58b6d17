import { existsSync } from 'node:fs';
import path from 'node:path';

const REMEDY =
  'Run the tests with "./crucible test", which fetches the driver, or set CRUCIBLE_VULKAN_DRIVER to a folder with ' +
  'libvk_swiftshader.so, vk_swiftshader_icd.json and libvulkan.so.1, such as /usr/lib/chromium of Debian.';

/**
 * Environment of a process that is to find the software Vulkan adapter, and no other.
 *
 * @throws Error with the remedy where there is no driver: these tests fail then, they are not passed over
 */
export function softwareVulkan(): Record<string, string> {
  const folder = process.env.CRUCIBLE_VULKAN_DRIVER ?? '';
  const driver = path.join(folder, 'vk_swiftshader_icd.json');
  if (folder === '' || !existsSync(driver)) throw new Error(`No software Vulkan driver. ${REMEDY}`);
  // the loader of libraries reads its path once, at the start of a process
  const libraries = [folder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(path.delimiter);
  return { VK_DRIVER_FILES: driver, VK_ICD_FILENAMES: driver, LD_LIBRARY_PATH: libraries };
}
