import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';

const SCREENSHOTS = fileURLToPath(new URL('../../.crucible/screenshots/', import.meta.url));

/** A headless Chromium. @throws Error when the run does not say which */
export function launchBrowser(): Promise<Browser> {
  const executablePath = process.env.CRUCIBLE_CHROMIUM;
  if (executablePath === undefined)
    throw new Error('CRUCIBLE_CHROMIUM is not set: run the browser tests through `npm test`, or set it to a Chromium');
  // Root may not use the sandbox, and containers often have a tiny /dev/shm.
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'] });
}

/** Keeps a picture of the whole page for people to look at. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  await mkdir(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: `${SCREENSHOTS}${name}.png`, fullPage: true });
}
