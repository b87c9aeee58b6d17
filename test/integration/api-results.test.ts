import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, describe, it } from 'node:test';
import {
  ArtifactList,
  AttemptList,
  CheckpointList,
  fits,
  JobPage,
  JobView,
  LogPage,
  PointsView,
  type Problem,
  QueueView,
  SeriesList,
  WorkerList,
} from '@crucible/contracts';
import { runApi } from '../support/running-api.ts';
import { SUCCESS, startJob } from '../support/running-attempt.ts';

const api = await runApi({ leads: false });
const { job, attempt } = await startJob(api.store);
const fence = { attemptId: attempt.attemptId, fence: attempt.fence };
const at = `/v1/jobs/${job.id}`;

describe('what a job leaves, over HTTP', () => {
  after(() => api.close());

  /** Reads and holds the answer to its schema, since answers are written unchecked. */
  async function read<T>(schema: Parameters<typeof fits>[0], path: string): Promise<T> {
    const { status, body } = await api.get(path);
    assert.equal(status, 200, path);
    assert.ok(fits(schema, body), `${path}: ${JSON.stringify(body)}`);
    return body as T;
  }

  it('gives curves in columns, with values that are no numbers as their names', async () => {
    const values = [1.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0.25];
    await api.store.metrics.appendBatch({
      ...fence,
      sequence: 1,
      points: values.map((value, step) => ({ key: 'train/loss', step, value, timeMs: 1_900_000_000_000 + step })),
    });
    const points = await read<PointsView>(PointsView, `${at}/metrics/points?key=train/loss`);
    assert.deepEqual(points.steps, [0, 1, 2, 3, 4]);
    assert.deepEqual(points.values, [1.5, 'NaN', 'Infinity', '-Infinity', -0.25]);
    const tail = await read<PointsView>(PointsView, `${at}/metrics/points?key=train/loss&afterStep=2`);
    assert.deepEqual(tail.steps, [3, 4]);
    const { data } = await read<{ data: { key: string; count: number; nonFinite: number; lastValue: unknown }[] }>(
      SeriesList,
      `${at}/metrics`,
    );
    assert.deepEqual(
      data.map(({ key, count, nonFinite, lastValue }) => [key, count, nonFinite, lastValue]),
      [['train/loss', 5, 3, -0.25]],
    );
  });

  it('thins a long curve to the points that were asked for and keeps its extremes', async () => {
    const value = (step: number) => (step === 777 ? 1e6 : Math.sin(step));
    await api.store.metrics.appendBatch({
      ...fence,
      sequence: 2,
      points: Array.from({ length: 3000 }, (_, step) => ({ key: 'test/loss', step, value: value(step), timeMs: 0 })),
    });
    const points = await read<PointsView>(PointsView, `${at}/metrics/points?key=test/loss&maxPoints=100`);
    assert.equal(points.total, 3000);
    assert.ok(points.steps.length <= 100, `${points.steps.length} points`);
    assert.equal(Math.max(...(points.hi ?? []).map(Number), ...points.values.map(Number)), 1e6);
    assert.equal(points.steps.at(-1), 2999);
  });

  it('pages through logs', async () => {
    const lines = Array.from({ length: 5 }, (_, i) => ({
      timeMs: 1_900_000_000_000 + i,
      level: i === 3 ? ('error' as const) : ('info' as const),
      message: `line ${i}`,
      fields: i === 0 ? { step: 1 } : null,
    }));
    await api.store.logs.appendBatch({ ...fence, sequence: 1, lines });
    const seen: string[] = [];
    let next: string | null = null;
    do {
      const query: string = next === null ? '' : `&after=${next}`;
      const page: LogPage = await read<LogPage>(LogPage, `${at}/logs?limit=2${query}`);
      seen.push(...page.data.map(({ message }) => message));
      next = page.data.length === 2 ? page.next : null;
    } while (next !== null);
    assert.deepEqual(
      seen,
      lines.map(({ message }) => message),
    );
    const errors = await read<LogPage>(LogPage, `${at}/logs?level=error`);
    assert.deepEqual(
      errors.data.map(({ message }) => message),
      ['line 3'],
    );
  });

  it('downloads an artifact byte for byte', async () => {
    const bytes = randomBytes(2_500_000); // more than two chunks
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const name = 'weights of "run" é.safetensors';
    await api.store.artifacts.store({ ...fence, name, mediaType: 'application/octet-stream', content: [bytes] });
    const { data } = await read<{ data: { name: string; bytes: number; sha256: string }[] }>(
      ArtifactList,
      `${at}/artifacts`,
    );
    assert.deepEqual(
      data.map((artifact) => [artifact.name, artifact.bytes, artifact.sha256]),
      [[name, bytes.length, sha256]],
    );
    const headers = { authorization: `Bearer ${api.key}` };
    const address = `${api.url}${at}/artifacts/${encodeURIComponent(name)}`;
    const response = await fetch(address, { headers });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), 'application/octet-stream');
    assert.equal(response.headers.get('content-length'), String(bytes.length));
    assert.equal(
      response.headers.get('content-disposition'),
      `attachment; filename*=UTF-8''weights%20of%20%22run%22%20%C3%A9.safetensors`,
    );
    assert.ok(Buffer.from(await response.arrayBuffer()).equals(bytes));
    const same = await fetch(address, { headers: { ...headers, 'if-none-match': response.headers.get('etag') ?? '' } });
    assert.equal(same.status, 304);
    const missing = await api.get<Problem>(`${at}/artifacts/none`);
    assert.deepEqual([missing.status, missing.body.code], [404, 'not-found']);
  });

  it('never lets an artifact run in the browser as a page of this service', async () => {
    const content = [new TextEncoder().encode('<script>alert(1)</script>')];
    await api.store.artifacts.store({ ...fence, name: 'page.html', mediaType: 'text/html', content });
    const response = await fetch(`${api.url}${at}/artifacts/page.html`, {
      headers: { authorization: `Bearer ${api.key}` },
    });
    assert.match(response.headers.get('content-disposition') ?? '', /^attachment/);
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
    await response.arrayBuffer();
  });

  it('shows attempts, checkpoints, workers, queue and jobs in the form that the contracts promise', async () => {
    const { data } = await read<{ data: { number: number; state: string }[] }>(AttemptList, `${at}/attempts`);
    assert.deepEqual(
      data.map(({ number, state }) => [number, state]),
      [[1, 'running']],
    );
    await read(CheckpointList, `${at}/checkpoints`);
    await read(WorkerList, '/v1/workers');
    await read(QueueView, '/v1/queue');
    await read(JobPage, '/v1/jobs');
    await read(JobView, at);
  });

  it('shows the end of a job', async () => {
    await api.store.attempts.finish({ ...fence, ...SUCCESS, streams: { metrics: 2, logs: 1 } });
    const ended = await read<JobView>(JobView, at);
    assert.deepEqual([ended.state, ended.endCode, ended.summary], ['succeeded', 'ok', SUCCESS.summary]);
    assert.deepEqual(ended.actions, ['fork']);
  });
});
