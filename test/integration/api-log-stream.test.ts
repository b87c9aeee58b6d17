import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import type { LogLevel, LogLine } from '@crucible/contracts';
import { runApi } from '../support/running-api.ts';
import { METHOD_ERROR, startJob } from '../support/running-attempt.ts';
import { readSse, type SseReader } from '../support/sse-reader.ts';

const api = await runApi({ leads: false });
after(() => api.close());

const authorization = `Bearer ${api.key}`;
const follow = (jobId: string, query = '', headers = {}): Promise<SseReader> =>
  readSse(`${api.url}/v1/jobs/${jobId}/logs/stream${query}`, { authorization, ...headers });

const lines = (...texts: [LogLevel, string][]) =>
  texts.map(([level, message]) => ({ timeMs: 0, level, message, fields: null }));

const nextLine = async (reader: SseReader): Promise<string | undefined> => {
  const event = await reader.next();
  return event?.event === 'line' ? (event.data as LogLine).message : event?.event;
};

it('sends the lines of a level, those that come later, and the end', async () => {
  const { job, attempt } = await startJob(api.store);
  await api.store.logs.appendBatch({
    ...attempt,
    sequence: 1,
    lines: lines(['info', 'a'], ['warn', 'b'], ['error', 'c']),
  });
  const reader = await follow(job.id, '?level=warn');
  assert.deepEqual([await nextLine(reader), await nextLine(reader)], ['b', 'c']);
  const later = nextLine(reader);
  await api.store.logs.appendBatch({ ...attempt, sequence: 2, lines: lines(['info', 'd'], ['warn', 'e']) });
  assert.equal(await later, 'e');
  await api.store.attempts.finish({ ...attempt, ...METHOD_ERROR, streams: { metrics: 0, logs: 2 } });
  assert.equal(await nextLine(reader), 'end');
  assert.equal(await reader.next(), null);

  const resumed = await follow(job.id, '', { 'last-event-id': '1:3' });
  assert.deepEqual([await nextLine(resumed), await nextLine(resumed), await nextLine(resumed)], ['d', 'e', 'end']);
  const done = await follow(job.id, '', { 'last-event-id': resumed.lastId });
  assert.equal(done.status, 204);
});

it('begins with the last lines when they alone are asked for', async () => {
  const { job, attempt } = await startJob(api.store);
  const reader = await follow(job.id, '?tail=2');
  await api.store.logs.appendBatch({ ...attempt, sequence: 1, lines: lines(['info', 'first']) });
  assert.equal(await nextLine(reader), 'first');
  reader.cut();
  await api.store.logs.appendBatch({
    ...attempt,
    sequence: 2,
    lines: lines(['info', 'x'], ['info', 'y'], ['info', 'z']),
  });
  const tail = await follow(job.id, '?tail=2');
  assert.deepEqual([await nextLine(tail), await nextLine(tail)], ['y', 'z']);
  tail.cut();
  const page = await api.get<{ data: LogLine[] }>(`/v1/jobs/${job.id}/logs?tail=3`);
  assert.deepEqual(
    page.body.data.map((line) => line.message),
    ['x', 'y', 'z'],
  );
});

it('refuses an unknown job and a malformed place before the stream begins', async () => {
  assert.equal((await follow('01890000-0000-7000-8000-00000000dead')).status, 404);
  const { job } = await startJob(api.store);
  assert.equal((await follow(job.id, '', { 'last-event-id': 'x' })).status, 400);
});
