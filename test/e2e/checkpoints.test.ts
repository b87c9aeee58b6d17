import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { eventually } from '../support/poll.ts';
import { runApi } from '../support/running-api.ts';
import { startJob } from '../support/running-attempt.ts';
import { prepare, upload } from '../support/stored-checkpoints.ts';
import { keepScreenshot, launchBrowser } from './browser.ts';

/** A limit, not a wait. */
const PAGE_MS = 30_000;

// the test itself dispatches and claims; a leader would be faster now and then
const api = await runApi({
  leads: false,
  dashboardDir: fileURLToPath(new URL('../../apps/dashboard/dist', import.meta.url)),
});

describe('the checkpoints of a job in the dashboard', () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    await api.close();
  });

  for (const colorScheme of ['light', 'dark'] as const)
    it(`can be pinned and downloaded, and say why they stay (${colorScheme})`, async () => {
      const { job, attempt } = await startJob(api.store, {
        keep: { last: 2, best: 1, metric: 'val/accuracy', mode: 'max' },
      });
      const { attemptId, fence } = attempt;
      const values = [0.61, 0.93, 0.72, 0.78, 0.8];
      for (const [i, value] of values.entries()) {
        const points = [{ key: 'val/accuracy', step: 100 * i, value, timeMs: 0 }];
        await api.store.metrics.appendBatch({ attemptId, fence, sequence: i + 1, points });
        await upload(api.store, attempt, prepare(100 * i, [randomBytes(200_000)]));
      }
      const [newest] = await api.store.checkpoints.list(job.id);
      const id = newest?.id ?? assert.fail('nothing was stored');
      await api.store.checkpoints.change(id, { note: 'before the learning rate falls' });
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, colorScheme });
      context.setDefaultTimeout(PAGE_MS);
      const page = await context.newPage();
      await page.goto(`${api.url}/#key=${api.key}&to=${encodeURIComponent(`/jobs/${job.id}?tab=checkpoints`)}`);
      await page.getByText('best 0.93').waitFor();
      await page.getByRole('button', { name: 'Pin the checkpoint at step 400' }).click();
      await page.getByRole('button', { name: 'Unpin the checkpoint at step 400' }).waitFor();
      assert.equal((await api.store.checkpoints.get(id)).pinned, true);
      await keepScreenshot(page, `checkpoints-${colorScheme}`);
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: 'Download the checkpoint at step 400' }).click(),
      ]);
      assert.equal(download.suggestedFilename(), `${id}.safetensors`);
      assert.ok((await readFile(await download.path())).byteLength > 200_000);
      await page.getByRole('button', { name: 'Unpin the checkpoint at step 400' }).click();
      await eventually('the pin to go', async () => !(await api.store.checkpoints.get(id)).pinned);
      await context.close();
    });
});
