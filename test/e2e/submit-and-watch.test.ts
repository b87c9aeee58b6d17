import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { JobView } from '@crucible/contracts';
import type { Browser, Page } from 'playwright-core';
import { runApi } from '../support/running-api.ts';
import { keepScreenshot, launchBrowser } from './browser.ts';
import { startWorkerProcess, type WorkerProcess } from './worker-process.ts';

/** Limits, not waits: a busy machine needs longer than this only when something is wrong. */
const PAGE_MS = 30_000;
const JOB_MS = 240_000;

const api = await runApi({ dashboardDir: fileURLToPath(new URL('../../apps/dashboard/dist', import.meta.url)) });

/** A search and training that take seconds with any engine. */
const TINY = {
  dataset: { trainSamples: 120 },
  score: { batchSize: 2 },
  search: { population: 6, warmPool: 3, maxScored: 10, generation: 2, finalRescoreTopK: 2, finalRescoreRepeats: 1 },
  training: { epochs: 2, batchSize: 20, evalBatchSize: 1000 },
};

describe('the dashboard', () => {
  let browser: Browser;
  let worker: WorkerProcess;
  let page: Page;
  const faults: string[] = [];

  before(async () => {
    worker = await startWorkerProcess(api.databaseUrl, api.pool);
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    await worker?.stop();
    await api.close();
  });
  beforeEach(async () => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    context.setDefaultTimeout(PAGE_MS);
    page = await context.newPage();
    page.on('pageerror', (error) => faults.push(error.message));
  });

  const open = (path: string) => page.goto(`${api.url}/#key=${api.key}&to=${encodeURIComponent(path)}`);
  const field = (path: string) => page.locator(`[id="config/${path}"]`);
  /** The state in the header of the job page, once it is `state`. A job that ended otherwise is told by its sentence. */
  const untilJobIs = async (state: string): Promise<void> => {
    await page
      .locator(`.job-header .state-${state}`)
      .waitFor({ timeout: JOB_MS })
      .catch(async () => {
        const sentence = await page.locator('.sentence').textContent();
        assert.fail(`the page does not show ${state}: ${sentence}\n${worker.said().slice(-3000)}`);
      });
  };

  it('asks for a key, refuses a wrong one and keeps the right one out of the address', async () => {
    await page.goto(api.url);
    await page.getByLabel('API key').fill('crk_wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').waitFor();
    await keepScreenshot(page, 'sign-in');
    await page.getByLabel('API key').fill(api.key);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Jobs' }).waitFor();
    await open('/jobs');
    await page.getByText('There are no jobs yet.').waitFor();
    assert.ok(!page.url().includes(api.key));
    await page.reload();
    await page.getByText('There are no jobs yet.').waitFor();
    const readable = await page.evaluate<string>(
      'document.cookie + JSON.stringify({ ...sessionStorage, ...localStorage })',
    );
    assert.ok(!readable.includes('crk_') && !readable.includes('crucible-session'), readable);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('API key').waitFor();
    assert.deepEqual(await page.context().cookies(), []);
    await page.reload();
    await page.getByLabel('API key').waitFor();
  });

  it('shows the worker with its engine', async () => {
    await open('/cluster');
    const card = page.locator('.worker-ready');
    await card.waitFor({ timeout: JOB_MS });
    assert.equal(await card.getByRole('heading').textContent(), worker.name);
    assert.match((await card.textContent()) ?? '', /onednn|tfjs-node|webgpu|cpu/);
  });

  it('takes a search from the form to its result', async () => {
    await open('/submit');
    await page.locator('select[name="preset"]').selectOption('demo-plain');
    await page.getByLabel('Changes as JSON', { exact: true }).fill(JSON.stringify(TINY));
    await page.getByLabel('Name', { exact: true }).fill('tiny search');
    await page.getByLabel('Pool', { exact: true }).fill(api.pool);
    await page.getByLabel('Seed', { exact: true }).fill('7');

    // A fault that only the server knows of comes back to its field.
    await field('search/population').fill('2');
    await page.getByRole('button', { name: 'Submit' }).click();
    await page.getByRole('button', { name: '/config/search/population' }).waitFor();
    assert.equal(await field('search/population').getAttribute('aria-invalid'), 'true');
    await field('search/population').fill(String(TINY.search.population));
    await page.getByRole('button', { name: 'Submit' }).click();

    await page.getByRole('heading', { name: 'tiny search' }).waitFor();
    await untilJobIs('succeeded');
    const id = new URL(page.url()).hash.split('/')[2] ?? '';
    const { body: job } = await api.get<JobView>(`/v1/jobs/${id}`);
    const { structure } = job.summary as { structure: string };
    assert.deepEqual([job.seed, job.submittedConfig], [7, TINY]);

    // Charts: drawn, with a legend that gives the last value.
    const search = page.locator('.chart-panel', { has: page.getByRole('heading', { name: 'search', exact: true }) });
    await search.locator('canvas').waitFor();
    assert.match((await search.locator('.legend').textContent()) ?? '', /best.*nats.*mean.*nats.*worst.*nats/);
    for (const title of ['loss', 'accuracy'])
      await page.locator('.chart-panel', { has: page.getByRole('heading', { name: title, exact: true }) }).waitFor();
    await keepScreenshot(page, 'job-charts');
    const ink = await page.evaluate<number>(INK_OF_FIRST_CHART);
    assert.ok(ink > 500, `the chart is empty: ${ink} drawn pixels`);

    // Result: the best structure block by block, and as the string that the API has.
    await page.getByRole('link', { name: 'Result' }).click();
    await page.locator('.structure tbody tr').first().waitFor();
    assert.equal(await page.locator('.structure tbody tr').count(), structure.split('Super').length - 1);
    assert.equal(await page.locator('.code-block pre').textContent(), structure);
    await keepScreenshot(page, 'job-result');

    // Artifacts: the bytes pass through the page with the key.
    await page.getByRole('link', { name: 'Artifacts' }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download best-structure.txt' }).click(),
    ]);
    assert.equal((await readFile(await download.path(), 'utf8')).trim(), structure);

    // The table knows it too, and a filter in the address finds it.
    await open('/jobs?state=succeeded&name=tiny');
    const row = page.locator('tr', { hasText: 'tiny search' });
    await row.getByText('test/accuracy').waitFor();
    await keepScreenshot(page, 'jobs');
  });

  it('cancels a running job after asking', async () => {
    const { body: job } = await api.post<JobView>('/v1/jobs', {
      method: 'zen-nas',
      preset: 'demo-plain',
      name: 'endless search',
      config: { ...TINY, search: { ...TINY.search, iterations: 1_000_000, maxScored: 1_000_000 } },
      resources: { pool: api.pool },
    });
    await open(`/jobs/${job.id}`);
    await untilJobIs('running');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Leave it' }).click();
    assert.equal(await page.locator('.job-header .state-running').count(), 1);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Cancel the job' }).click();
    await untilJobIs('canceled');
    await page.getByRole('button', { name: 'Retry' }).waitFor();
  });

  it('fits a phone in the dark', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: 'dark' });
    const { body } = await api.get<{ data: JobView[] }>('/v1/jobs?state=succeeded');
    const id = body.data[0]?.id ?? '';
    for (const path of ['/jobs', '/submit', '/cluster', `/jobs/${id}`, `/jobs/${id}?tab=result`]) {
      await open(path);
      await page.locator('main .panel').first().waitFor();
      const overflow = await page.evaluate<number>(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      assert.equal(overflow, 0, `${path} is wider than the screen`);
    }
    await page.locator('.structure').waitFor();
    await keepScreenshot(page, 'job-result-phone-dark');
  });

  it('has thrown nothing in all that', () => assert.deepEqual(faults, []));
});

/** Pixels that were drawn in the first chart. An expression, since these tests are compiled without a browser's types. */
const INK_OF_FIRST_CHART = `(() => {
  const canvas = document.querySelector('.chart-panel canvas');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return data.filter((value, index) => index % 4 === 3 && value > 128).length;
})()`;
