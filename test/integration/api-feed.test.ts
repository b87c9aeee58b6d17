import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, describe, it } from 'node:test';
import type { FeedHub } from '@crucible/api';
import type { EventPage, FeedEvent, JobView, Problem } from '@crucible/contracts';
import { eventually } from '../support/poll.ts';
import { runApi } from '../support/running-api.ts';
import { newWorker } from '../support/running-attempt.ts';
import { readSse, type SseEvent } from '../support/sse-reader.ts';

const api = await runApi();

describe('the change feed over HTTP', () => {
  after(() => api.close());

  const submit = async (): Promise<string> => {
    const { body } = await api.post<JobView>('/v1/jobs', { method: 'zen-nas', resources: { pool: api.pool } });
    return body.id;
  };
  const cancel = (id: string) => api.post<JobView>(`/v1/jobs/${id}/cancel`);
  const open = (query = '', headers: Record<string, string> = {}) =>
    readSse(`${api.url}/v1/stream${query}`, { authorization: `Bearer ${api.key}`, ...headers });
  const page = async (query: string) => (await api.get<EventPage>(`/v1/events?${query}`)).body;
  /** The newest place, once everything that was written has one. */
  const newestPlace = () =>
    eventually('a place for every event', async () => {
      const { rowCount } = await api.sql.query('select from event where seq is null');
      return rowCount === 0 && { seq: await api.store.events.newest() };
    });
  const nextOf = async (stream: { next(): Promise<SseEvent | null> }): Promise<SseEvent> => {
    const event = await stream.next();
    assert.ok(event !== null, 'the stream ended');
    return event;
  };
  const stateOf = ({ data }: SseEvent) => {
    const { kind, jobId, state } = data as FeedEvent;
    return [kind, jobId, state];
  };

  it('streams what happens to a job, as it happens', async () => {
    const stream = await open();
    assert.equal(stream.status, 200);
    assert.match(stream.headers.get('content-type') ?? '', /^text\/event-stream/);
    assert.equal(stream.headers.get('x-accel-buffering'), 'no');
    const id = await submit();
    const submitted = await nextOf(stream);
    assert.equal(submitted.event, 'job');
    assert.deepEqual(stateOf(submitted), ['job.submitted', id, 'queued']);
    const data = submitted.data as FeedEvent & { id: string; progress: unknown };
    assert.deepEqual([data.id, data.progress, String(data.seq)], [id, null, submitted.id]);
    await cancel(id);
    const canceled = await nextOf(stream);
    assert.deepEqual(stateOf(canceled), ['job.state', id, 'canceled']);
    assert.equal(Number(canceled.id), Number(submitted.id) + 1);
    stream.cut();
  });

  it('resumes after a cut without gap or repeat', async () => {
    const stream = await open();
    const ids: string[] = [];
    const seen: SseEvent[] = [];
    for (let i = 0; i < 3; i++) {
      ids.push(await submit());
      seen.push(await nextOf(stream));
    }
    stream.cut();
    for (let i = 0; i < 250; i++) ids.push(await submit()); // more than a page, all missed
    const resumed = await open('', { 'last-event-id': stream.lastId });
    const live = submit(); // while the missed ones are read
    while (seen.length < ids.length) seen.push(await nextOf(resumed));
    ids.push(await live);
    seen.push(await nextOf(resumed));
    const places = seen.map((event) => Number(event.id));
    assert.deepEqual(
      places,
      places.map((_, i) => (places[0] ?? 0) + i),
    );
    assert.deepEqual(
      seen.map((event) => (event.data as FeedEvent).jobId),
      ids,
    );
    resumed.cut();
  });

  it('can resume from the place of its start, before anything happened', async () => {
    const { seq } = await newestPlace();
    const stream = await open();
    await eventually('the first id', async () => {
      void stream.next().catch(() => {}); // reads until data comes, past the message that sets the id
      return stream.lastId !== '';
    });
    assert.equal(stream.lastId, String(seq));
    stream.cut();
  });

  it('tells a client that is too far behind, or of another feed, to read everything anew', async () => {
    const { seq } = await newestPlace();
    for (const place of [seq + 1, seq + 5000]) {
      const stream = await open('', { 'last-event-id': String(place) });
      const reset = await nextOf(stream);
      assert.deepEqual([reset.event, reset.id, reset.data], ['reset', String(seq), { seq }]);
      stream.cut();
    }
    await api.sql.query(
      `insert into event (kind, seq, data) select 'worker.state', $1 + n, '{}' from generate_series(1, 1001) n`,
      [seq],
    );
    const stream = await open('', { 'last-event-id': String(seq) });
    assert.equal((await nextOf(stream)).event, 'reset');
    const id = await submit();
    assert.deepEqual(stateOf(await nextOf(stream)), ['job.submitted', id, 'queued']);
    stream.cut();
  });

  it('tells a client whose events are no longer kept to read everything anew', async () => {
    const { seq } = await newestPlace();
    for (let i = 0; i < 3; i++) await submit();
    await newestPlace();
    await api.sql.query('delete from event where seq in ($1, $2)', [seq + 1, seq + 2]);
    const stream = await open('', { 'last-event-id': String(seq) });
    assert.equal((await nextOf(stream)).event, 'reset');
    stream.cut();
  });

  it('keeps to its topics', async () => {
    const [mine, other] = [await submit(), await submit()];
    await newestPlace();
    const stream = await open(`?topics=job:${mine},workers`);
    await cancel(other);
    await api.store.workers.register(newWorker({ pool: `${api.pool}-else` }));
    const worker = await nextOf(stream);
    assert.deepEqual([worker.event, (worker.data as FeedEvent).kind], ['worker', 'worker.state']);
    await cancel(mine);
    assert.deepEqual(stateOf(await nextOf(stream)), ['job.state', mine, 'canceled']);
    stream.cut();
  });

  it('hints at progress without moving the place of the client', async () => {
    const { workerId } = await api.store.workers.register(newWorker({ pool: `${api.pool}-busy` }));
    const { body: job } = await api.post<JobView>('/v1/jobs', {
      method: 'zen-nas',
      resources: { pool: `${api.pool}-busy` },
    });
    const { attemptId, fence } = await eventually('an attempt', async () => {
      const { rows } = await api.sql.query<{ attemptId: string; fence: number }>(
        'select id as "attemptId", fence from attempt where job_id = $1',
        [job.id],
      );
      return rows[0];
    });
    assert.ok(await api.store.attempts.claim({ attemptId, fence, workerId, slots: [0] }));
    await newestPlace();
    const stream = await open(`?topics=job:${job.id}`);
    const progress = { phase: 'search', done: 1, total: 10, message: 'one of ten' };
    for (const done of [1, 2, 3])
      await api.store.attempts.heartbeat({
        workerId,
        eventLoopLagMs: 0,
        spoolBytes: 0,
        attempts: [{ attemptId, fence, step: done, progress: { ...progress, done } }],
      });
    const hint = await nextOf(stream);
    const before = stream.lastId;
    assert.deepEqual(
      [hint.event, hint.data],
      ['progress', { jobId: job.id, team: 'default', maxStep: 3, progress: { ...progress, done: 3 } }],
    );
    assert.equal(hint.id, before);
    await cancel(job.id);
    const stopping = await nextOf(stream);
    assert.deepEqual(stateOf(stopping), ['job.state', job.id, 'stopping']);
    assert.deepEqual((stopping.data as { progress: unknown }).progress, { ...progress, done: 3 });
    stream.cut();
  });

  it('answers a long poll at once when there is news, and when it comes', async () => {
    const { seq } = await newestPlace();
    const id = await submit();
    await newestPlace();
    const news = await page(`after=${seq}&wait=30`);
    assert.deepEqual(
      news.data.map((event) => [event.seq, event.jobId]),
      [[seq + 1, id]],
    );
    assert.equal(news.next, seq + 1);
    const waiting = page(`after=${news.next}&wait=30&topics=job:${id}`);
    const other = await submit();
    await cancel(id);
    const late = await waiting;
    assert.deepEqual(
      late.data.map((event) => [event.jobId, event.state]),
      [[id, 'canceled']],
    );
    await cancel(other);
  });

  it('returns an empty page when nothing happens in time, and never waits for a place that cannot come', async () => {
    const { seq } = await newestPlace();
    assert.deepEqual(await page(`after=${seq}&wait=1`), { data: [], next: seq });
    assert.deepEqual(await page(`after=${seq + 1000}&wait=30`), { data: [], next: seq });
    assert.deepEqual(await page(`after=${seq}`), { data: [], next: seq });
  });

  it('walks through the whole feed page by page', async () => {
    const { seq } = await newestPlace();
    for (let i = 0; i < 5; i++) await submit();
    const { seq: end } = await newestPlace();
    const places: number[] = [];
    for (let place = seq; place < end; ) {
      const { data, next } = await page(`after=${place}&limit=2`);
      places.push(...data.map((event) => event.seq));
      place = next;
    }
    assert.deepEqual(
      places,
      Array.from({ length: end - seq }, (_, i) => seq + 1 + i),
    );
  });

  it('refuses topics and places that mean nothing', async () => {
    for (const path of ['/v1/events?topics=everything', '/v1/stream?topics=job:x', '/v1/events?after=-1']) {
      const { status, body } = await api.get<Problem>(path);
      assert.deepEqual([status, body.code], [400, 'invalid-request'], path);
    }
    const { status } = await api.get<Problem>('/v1/stream', { 'last-event-id': 'abc' });
    assert.equal(status, 400);
  });
});

describe('a process that shuts down', () => {
  it('ends its streams and long polls at once', async () => {
    const other = await runApi({ leads: false });
    const stream = await readSse(`${other.url}/v1/stream`, { authorization: `Bearer ${other.key}` });
    const waiting = other.get<EventPage>('/v1/events?wait=30');
    await eventually('two listeners', async () => other.app.getDecorator<FeedHub>('feed').numListeners === 2);
    await other.close();
    assert.equal(await stream.next(), null);
    const { status, body } = await waiting;
    assert.deepEqual([status, body.data], [200, []]);
  });

  it('does not wait for a connection over which nothing was asked', async () => {
    const other = await runApi({ leads: false });
    const { hostname, port } = new URL(other.url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    await other.get('/healthz'); // by now the server has accepted the connection before it
    const isOver = once(socket, 'close');
    await other.close();
    await isOver;
  });
});
