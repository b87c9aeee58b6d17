import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { LogsQuery } from '@crucible/contracts';
import type { LogInput } from '@crucible/store';
import { hasCode } from '../support/codes.ts';
import { withDatabase } from '../support/database.ts';
import { claim, startJob } from '../support/running-attempt.ts';

const { store } = await withDatabase();

const line = (message: string, over: Partial<LogInput> = {}): LogInput => ({
  timeMs: Date.UTC(2020, 0, 1),
  level: 'info',
  message,
  fields: null,
  ...over,
});

const messages = async (jobId: string, query: Partial<LogsQuery> = {}) =>
  (await store.logs.page(jobId, { limit: 100, ...query })).data.map((entry) => entry.message);

it('numbers lines within their attempt and gives them back as they were', async () => {
  const { job, attempt, workerId } = await startJob(store);
  await store.logs.appendBatch({
    ...attempt,
    sequence: 1,
    lines: [line('a'), line('b', { level: 'warn', fields: { n: 1 } })],
  });
  await store.logs.appendBatch({ ...attempt, sequence: 2, lines: [line('c\0')] });
  await store.attempts.release(attempt);
  const next = await claim(store, job.id, workerId);
  await store.logs.appendBatch({ ...next, sequence: 1, lines: [line('d')] });
  const { data, next: after } = await store.logs.page(job.id, { limit: 100 });
  assert.deepEqual(
    data.map((entry) => [entry.attempt, entry.line, entry.message]),
    [
      [1, 1, 'a'],
      [1, 2, 'b'],
      [1, 3, 'c\ufffd'],
      [2, 1, 'd'],
    ],
  );
  assert.deepEqual(data[1], {
    attempt: 1,
    line: 2,
    time: '2020-01-01T00:00:00.000Z',
    level: 'warn',
    message: 'b',
    fields: { n: 1 },
  });
  assert.equal(after, '2:1');
});

it('stores a batch once and refuses a gap', async () => {
  const { job, attempt } = await startJob(store);
  const batch = { ...attempt, sequence: 1, lines: [line('once')] };
  assert.deepEqual(await store.logs.appendBatch(batch), { isDuplicate: false });
  assert.deepEqual(await store.logs.appendBatch(batch), { isDuplicate: true });
  await assert.rejects(store.logs.appendBatch({ ...batch, sequence: 3 }), hasCode('sequence-gap'));
  assert.deepEqual(await messages(job.id), ['once']);
});

it('reads on from a place, over the border of attempts, also when nothing new is there', async () => {
  const { job, attempt, workerId } = await startJob(store);
  await store.logs.appendBatch({ ...attempt, sequence: 1, lines: ['a', 'b', 'c'].map((text) => line(text)) });
  await store.attempts.release(attempt);
  const second = await claim(store, job.id, workerId);
  await store.logs.appendBatch({ ...second, sequence: 1, lines: [line('d'), line('e')] });
  const seen: string[] = [];
  let after: string | undefined;
  for (;;) {
    const page = await store.logs.page(job.id, { limit: 2, ...(after === undefined ? {} : { after }) });
    assert.notEqual(page.next, null);
    if (page.data.length === 0) {
      assert.equal(page.next, after);
      break;
    }
    seen.push(...page.data.map((entry) => entry.message));
    after = page.next ?? undefined;
  }
  assert.deepEqual(seen, ['a', 'b', 'c', 'd', 'e']);
  await store.logs.appendBatch({ ...second, sequence: 2, lines: [line('f')] });
  assert.deepEqual(await messages(job.id, after === undefined ? {} : { after }), ['f']);
});

it('filters by level and by text, taking wildcards literally', async () => {
  const { job, attempt } = await startJob(store);
  const lines = [line('50% done', { level: 'debug' }), line('50 of 100'), line('Loss is NaN', { level: 'error' })];
  await store.logs.appendBatch({ ...attempt, sequence: 1, lines });
  assert.deepEqual(await messages(job.id, { level: 'info' }), ['50 of 100', 'Loss is NaN']);
  assert.deepEqual(await messages(job.id, { contains: '0%' }), ['50% done']);
  assert.deepEqual(await messages(job.id, { contains: 'nan', level: 'warn' }), ['Loss is NaN']);
});
