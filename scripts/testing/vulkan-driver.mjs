import fs from 'node:fs';
import path from 'node:path';
import { Failure, firstLine } from '../lib/failure.mjs';
import { settings } from '../lib/settings.mjs';
import { unpackChromium } from './chromium.mjs';

/** The loader, the driver, which computes on the CPU, and the file by which the loader finds it. */
const FILES = ['libvulkan.so.1', 'libvk_swiftshader.so', 'vk_swiftshader_icd.json'];
const FOLDER = 'usr/lib/chromium';
const REMEDY =
  'Install Chromium (Debian or Ubuntu: "apt-get install chromium") and run again, or set CRUCIBLE_VULKAN_DRIVER to a ' +
  `folder with ${FILES.join(', ')}.`;

const isComplete = (folder) => FILES.every((name) => fs.existsSync(path.join(folder, name)));

/**
 * Folder of a software Vulkan driver for the WebGPU tests: the system's, or that of the distribution's Chromium,
 * unpacked into the state folder.
 *
 * @param {string} dir state folder
 * @returns {Promise<string>}
 * @throws {Failure} with the remedy, when none can be had
 */
export async function findVulkanDriver(dir) {
  if (settings.vulkanDriver !== null) return settings.vulkanDriver;
  if (isComplete(path.join('/', FOLDER))) return path.join('/', FOLDER);
  const folder = await unpackChromium(dir).then(
    (home) => path.join(home, FOLDER),
    (error) => {
      throw new Failure(`The WebGPU tests need a Vulkan driver; fetching it failed (${firstLine(error)}). ${REMEDY}`);
    },
  );
  if (!isComplete(folder)) throw new Failure(`No software Vulkan driver in ${folder}. ${REMEDY}`);
  return folder;
}
