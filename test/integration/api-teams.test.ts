import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import {
  type EventPage,
  FeedEvent,
  fits,
  type JobPage,
  type JobView,
  type Problem,
  type QueueView,
  type WorkerView,
} from '@crucible/contracts';
import { newMember } from '../support/member.ts';
import { runApi } from '../support/running-api.ts';
import { claim, newWorker, startJob } from '../support/running-attempt.ts';
import { readSse } from '../support/sse-reader.ts';

const api = await runApi({ leads: false });
const as = ({ key }: { key: string }) => ({ authorization: `Bearer ${key}` });
const vision = await newMember(api, { team: 'vision', role: 'member' });
const colleague = await newMember(api, { team: 'vision', role: 'member' });
const maintainer = await newMember(api, { team: 'vision', role: 'maintainer' });
const viewer = await newMember(api, { team: 'vision', role: 'viewer' });
const speech = await newMember(api, { team: 'speech', role: 'team-admin' });
const operator = await newMember(api, { team: 'default', role: null, clusterRole: 'operator' });
const auditor = await newMember(api, { team: 'default', role: 'member', clusterRole: 'auditor' });

const submit = async (who: { key: string }, name: string): Promise<JobView> => {
  const { status, body } = await api.post<JobView>('/v1/jobs', { method: 'zen-nas', preset: 'demo', name }, as(who));
  assert.equal(status, 202, JSON.stringify(body));
  return body;
};
const ofVision = await submit(vision, 'look');
const ofSpeech = await submit(speech, 'listen');

describe('two teams on one cluster', () => {
  after(() => api.close());

  it('gives a job to the team of the key that submits it', () => {
    assert.deepEqual([ofVision.team, ofSpeech.team], ['vision', 'speech']);
  });

  it('answers every address of a job of another team as one of a job that does not exist', async () => {
    const nowhere = '00000000-0000-7000-8000-00000000dead';
    const read = [
      '',
      '/logs',
      '/attempts',
      '/checkpoints',
      '/metrics',
      '/metrics/points?key=a',
      '/artifacts',
      '/artifacts/a',
    ];
    const calls = [
      ...read.map((path) => ({ path, send: api.get<Problem> })),
      ...['/cancel', '/retry'].map((path) => ({
        path,
        send: (to: string, headers: Record<string, string>) => api.post<Problem>(to, undefined, headers),
      })),
      {
        path: '/fork',
        send: (to: string, headers: Record<string, string>) => api.post<Problem>(to, { config: {} }, headers),
      },
    ];
    for (const { path, send } of calls) {
      const [unseen, missing] = await Promise.all(
        [ofSpeech.id, nowhere].map((id) => send(`/v1/jobs/${id}${path}`, as(maintainer))),
      );
      assert.equal(unseen?.status, 404, path);
      const text = (answer: { body: Problem } | undefined) =>
        JSON.stringify({ ...answer?.body, instance: '' })
          .replaceAll(ofSpeech.id, 'ID')
          .replaceAll(nowhere, 'ID');
      assert.equal(text(unseen), text(missing), path);
    }
    const known = await api.get(`/v1/jobs/${ofSpeech.id}`, { ...as(vision), 'if-none-match': '"v1"' });
    assert.equal(known.status, 404);
  });

  it('lists, searches and queues the jobs of a team alone, and those of all for operators and auditors', async () => {
    for (const [who, names] of [
      [vision, ['look']],
      [speech, ['listen']],
      [operator, ['listen', 'look']],
      [auditor, ['listen', 'look']],
    ] as const) {
      const { body: page } = await api.get<JobPage>('/v1/jobs', as(who));
      assert.deepEqual(
        page.data.map(({ name }) => name),
        names,
      );
      const { body: found } = await api.get<JobPage>('/v1/jobs?name=li', as(who));
      assert.deepEqual(
        found.data.map(({ name }) => name),
        names.filter((name) => name === 'listen'),
      );
      const { body: queue } = await api.get<QueueView>('/v1/queue', as(who));
      assert.deepEqual(queue.data.map(({ name }) => name).sort(), names);
    }
    const placesSeenBy = async (who: { key: string }) => {
      const { body } = await api.get<QueueView>('/v1/queue', as(who));
      return body.data.map(({ waiting }) => waiting.position);
    };
    const places = [...(await placesSeenBy(vision)), ...(await placesSeenBy(speech))];
    assert.deepEqual(places.sort(), [1, 2], 'a place is that among the jobs of all teams');
  });

  it('orders the jobs of a team alone by a metric, and those of all for operators', async () => {
    for (const [team, { userId }, values] of [
      ['vision', vision, [3, 1]],
      ['speech', speech, [4, 2]],
    ] as const)
      for (const value of values) {
        const { attempt } = await startJob(api.store, { teamId: team, userId, name: `ranked ${value}` });
        const points = [{ key: 'val/rank', step: 0, value, timeMs: 0 }];
        await api.store.metrics.appendBatch({ ...attempt, sequence: 1, points });
      }
    for (const [who, order, values] of [
      [vision, 'max', [3, 1]],
      [speech, 'min', [2, 4]],
      [operator, 'max', [4, 3, 2, 1]],
      [auditor, 'min', [1, 2, 3, 4]],
    ] as const) {
      const seen: (number | null)[] = [];
      let cursor = '';
      do {
        const query = `name=ranked&sort=metric:val/rank:${order}&limit=1${cursor && `&cursor=${cursor}`}`;
        const { body } = await api.get<JobPage>(`/v1/jobs?${query}`, as(who));
        assert.deepEqual(
          body.data.map(({ name }) => name),
          body.values?.map((value) => `ranked ${value}`),
        );
        seen.push(...(body.values ?? []));
        cursor = body.nextCursor ?? '';
      } while (cursor !== '');
      assert.deepEqual(seen, values);
    }
    const { body } = await api.get<JobPage>('/v1/jobs?sort=metric:val/rank:max&limit=1', as(vision));
    const cursor = body.nextCursor ?? '';
    const path = `/v1/jobs?sort=metric:val/rank:max&limit=1&cursor=${cursor}`;
    assert.equal((await api.get<Problem>(path, as(speech))).body.code, 'cursor-mismatch');
    const { body: all } = await api.get<JobPage>('/v1/jobs?sort=metric:val/rank:max&limit=200', as(speech));
    assert.ok(all.data.length > 2 && all.data.every((job) => job.team === 'speech'));
  });

  it('makes no cursor of one team usable by another', async () => {
    await submit(vision, 'look again');
    const { body } = await api.get<JobPage>('/v1/jobs?limit=1', as(vision));
    const cursor = encodeURIComponent(body.nextCursor ?? '');
    assert.equal((await api.get(`/v1/jobs?limit=1&cursor=${cursor}`, as(colleague))).status, 200);
    const refused = await api.get<Problem>(`/v1/jobs?limit=1&cursor=${cursor}`, as(speech));
    assert.equal(refused.body.code, 'cursor-mismatch');
  });

  it('lets members command their own jobs, and maintainers those of all', async () => {
    const { id } = await submit(vision, 'to be stopped');
    const code = async (who: { key: string }) => {
      const { status, body } = await api.post<Problem>(`/v1/jobs/${id}/cancel`, undefined, as(who));
      return [status, body.code];
    };
    for (const who of [viewer, colleague, auditor]) assert.deepEqual(await code(who), [403, 'forbidden']);
    assert.equal((await code(maintainer))[0], 202);
    const own = await submit(vision, 'own');
    assert.equal((await api.post(`/v1/jobs/${own.id}/cancel`, undefined, as(vision))).status, 202);
    const operated = await submit(speech, 'in the way');
    assert.equal((await api.post(`/v1/jobs/${operated.id}/cancel`, undefined, as(operator))).status, 202);
  });

  it('lets viewers submit nothing, and keys do nothing beyond their scopes', async () => {
    const body = { method: 'zen-nas', preset: 'demo' };
    assert.equal((await api.post('/v1/jobs', body, as(viewer))).status, 403);
    const narrow = await newMember(api, { team: 'vision', role: 'team-admin', scopes: ['jobs:write'] });
    const submitted = await api.post<JobView>('/v1/jobs', body, as(narrow));
    assert.equal(submitted.status, 202);
    for (const path of ['/v1/jobs', `/v1/jobs/${submitted.body.id}`, '/v1/events', '/v1/stream', '/v1/workers'])
      assert.equal((await api.get(path, as(narrow))).status, 403, path);
    assert.equal((await api.get('/v1/methods', as(narrow))).status, 200);
  });

  it('ends a key with the last role of its user', async () => {
    const leaving = await newMember(api, { team: 'vision', role: 'member' });
    assert.equal((await api.get('/v1/jobs', as(leaving))).status, 200);
    await api.sql.query('delete from membership where user_id = $1', [leaving.userId]);
    const next = await newMember(api, { team: 'vision', role: null });
    assert.equal((await api.get('/v1/jobs', as(next))).status, 401);
  });

  it('forks a job of a colleague into the own name, and hides where a job of another team came from', async () => {
    const fork = async (id: string, who: { key: string }) =>
      (await api.post<JobView>(`/v1/jobs/${id}/fork`, { config: {}, name: 'fork' }, as(who))).body;
    const own = await fork(ofVision.id, colleague);
    assert.deepEqual([own.team, own.forkedFrom], ['vision', ofVision.id]);
    assert.equal((await api.post(`/v1/jobs/${own.id}/cancel`, undefined, as(colleague))).status, 202);
    const foreign = await fork(ofVision.id, auditor);
    assert.deepEqual([foreign.team, foreign.forkedFrom], ['default', null]);
  });

  it('keeps idempotency keys of different callers apart', async () => {
    const send = (who: { key: string }, name: string) =>
      api.post<JobView>(
        '/v1/jobs',
        { method: 'zen-nas', preset: 'demo', name },
        { ...as(who), 'idempotency-key': 'once' },
      );
    const [first, second] = [await send(vision, 'a'), await send(speech, 'b')];
    assert.deepEqual([first.status, second.status], [202, 202]);
    assert.deepEqual([first.body.team, second.body.team], ['vision', 'speech']);
    assert.equal((await send(vision, 'a')).body.id, first.body.id);
  });

  it('shows on a worker that a slot is busy, but not with which job of another team', async () => {
    const job = await submit(vision, 'on a worker');
    const { workerId } = await api.store.workers.register(newWorker());
    await claim(api.store, job.id, workerId);
    const jobIdSeenBy = async (who: { key: string }) => {
      const { body } = await api.get<{ data: WorkerView[] }>('/v1/workers', as(who));
      return body.data.find(({ id }) => id === workerId)?.attempts.map(({ jobId }) => jobId);
    };
    assert.deepEqual(await jobIdSeenBy(colleague), [job.id]);
    assert.deepEqual(await jobIdSeenBy(operator), [job.id]);
    assert.deepEqual(await jobIdSeenBy(speech), [null]);
  });

  it('keeps the feed of a team inside it: polls, waits, streams and progress', async () => {
    await api.store.events.assignSequence();
    const from = await api.store.events.newest();
    const streams = await Promise.all(
      [vision, speech, operator].map((who) => readSse(`${api.url}/v1/stream`, as(who))),
    );
    const waiting = api.get<EventPage>(`/v1/events?after=${from}&wait=10`, as(speech));
    const quiet = api.get<EventPage>(`/v1/events?after=${from}&wait=1&topics=job:${ofVision.id}`, as(speech));
    await submit(vision, 'first');
    await api.store.events.assignSequence();
    await submit(speech, 'second');
    await api.store.events.assignSequence();
    const teams = ({ data }: EventPage) => data.map(({ team }) => team);
    assert.deepEqual(teams((await waiting).body), ['speech']);
    assert.deepEqual(teams((await quiet).body), []);
    const firstOf = await Promise.all(
      streams.map(async (stream) => {
        const event: unknown = (await stream.next())?.data;
        assert.ok(fits(FeedEvent, event));
        return event.team;
      }),
    );
    assert.deepEqual(firstOf, ['vision', 'speech', 'vision']);
    const page = async (who: { key: string }) => (await api.get<EventPage>(`/v1/events?after=${from}`, as(who))).body;
    assert.deepEqual(teams(await page(vision)), ['vision']);
    assert.deepEqual(teams(await page(operator)), ['vision', 'speech']);
    for (const [who, team] of [
      [vision, 'speech'],
      [speech, 'vision'],
    ] as const) {
      const { body } = await api.get<EventPage>('/v1/events?limit=1000', as(who));
      assert.ok(!teams(body).includes(team));
    }
    for (const stream of streams) stream.cut();

    const own = await readSse(`${api.url}/v1/stream`, as(vision));
    const other = await readSse(`${api.url}/v1/stream`, as(speech));
    await api.sql.query(`select pg_notify('crucible_hints', $1)`, [
      JSON.stringify({ jobId: ofVision.id, team: 'vision', maxStep: 1, progress: null }),
    ]);
    await api.sql.query(`select pg_notify('crucible_hints', $1)`, [
      JSON.stringify({ jobId: ofSpeech.id, team: 'speech', maxStep: 2, progress: null }),
    ]);
    const step = async (stream: typeof own) => (await stream.next())?.data;
    assert.deepEqual(await step(own), { jobId: ofVision.id, team: 'vision', maxStep: 1, progress: null });
    assert.deepEqual(await step(other), { jobId: ofSpeech.id, team: 'speech', maxStep: 2, progress: null });
    own.cut();
    other.cut();
  });
});
