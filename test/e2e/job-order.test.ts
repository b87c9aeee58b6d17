import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { eventually } from '../support/poll.ts';
import { runApi } from '../support/running-api.ts';
import { newJob, startJob } from '../support/running-attempt.ts';
import { keepScreenshot, launchBrowser } from './browser.ts';

/** A limit, not a wait. */
const PAGE_MS = 30_000;

// the test itself dispatches and claims; a leader would be faster now and then
const api = await runApi({
  leads: false,
  dashboardDir: fileURLToPath(new URL('../../apps/dashboard/dist', import.meta.url)),
});

describe('the order of the jobs in the dashboard', () => {
  let browser: Browser;
  let page: Page;
  before(async () => {
    browser = await launchBrowser();
    const context = await browser.newContext({ viewport: { width: 390, height: 844 } });
    context.setDefaultTimeout(PAGE_MS);
    page = await context.newPage();
  });
  after(async () => {
    await browser?.close();
    await api.close();
  });

  const open = (path: string) => page.goto(`${api.url}/#key=${api.key}&to=${encodeURIComponent(path)}`);
  const order = () => page.locator('.filters label', { hasText: 'oldest first' }).locator('select');
  /** Waits until the table names the jobs so. */
  const untilTableIs = (names: string[]) =>
    eventually(`a table of ${names.join(', ')}`, async () => {
      const shown = await page.locator('.jobs .cell-name > a:first-child').allTextContents();
      return shown.join() === names.join();
    });

  it('is chosen above the table, kept in the address, and shows the values', async () => {
    await open('/jobs?sort=metric:test/accuracy:max');
    await page.getByText('There are no jobs yet.').waitFor();
    for (const [name, value] of [
      ['middle', 0.5],
      ['best', 0.75],
      ['worst', 0.25],
    ] as const) {
      const { attempt } = await startJob(api.store, { name });
      const points = [{ key: 'test/accuracy', step: 1, value, timeMs: 0 }];
      await api.store.metrics.appendBatch({ ...attempt, sequence: 1, points });
    }
    await api.store.jobs.submit(newJob({ name: 'silent' }));
    await untilTableIs(['best', 'middle', 'worst', 'silent']);
    assert.equal(await order().inputValue(), 'metric:test/accuracy:max');
    assert.match((await page.locator('.jobs tbody tr').first().textContent()) ?? '', /75\.00 %.*test\/accuracy/);
    const width = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
    assert.equal(await page.evaluate<number>(width), 0, 'the table is wider than a phone');
    await keepScreenshot(page, 'jobs-by-metric-phone');

    await order().selectOption('oldest first');
    await untilTableIs(['middle', 'best', 'worst', 'silent']);
    assert.match(page.url(), /sort=submittedAt/);
    await order().selectOption('newest first');
    await untilTableIs(['silent', 'worst', 'best', 'middle']);
    assert.doesNotMatch(page.url(), /sort=/);
    await order().selectOption('highest test/accuracy');
    await untilTableIs(['best', 'middle', 'worst', 'silent']);
    await page.reload();
    await untilTableIs(['best', 'middle', 'worst', 'silent']);
  });

  it('passes over what is no order', async () => {
    await open('/jobs?sort=weather');
    await untilTableIs(['silent', 'worst', 'best', 'middle']);
    assert.equal(await order().inputValue(), '');
  });
});
