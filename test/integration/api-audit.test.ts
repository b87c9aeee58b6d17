import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, describe, it } from 'node:test';
import { createClient } from '@crucible/client';
import { type AuditEntry, AuditPage, fits, type JobView, type NewApiKey, type Problem } from '@crucible/contracts';
import { newMember } from '../support/member.ts';
import { eventually } from '../support/poll.ts';
import { runApi } from '../support/running-api.ts';

const api = await runApi({ leads: false });
const as = ({ key }: { key: string }) => ({ authorization: `Bearer ${key}` });
const member = await newMember(api, { team: 'vision', role: 'member' });
const admin = await newMember(api, { team: 'vision', role: 'team-admin' });
const other = await newMember(api, { team: 'speech', role: 'team-admin' });
const auditor = await newMember(api, { team: 'default', role: null, clusterRole: 'auditor' });
const operator = await newMember(api, { team: 'default', role: null, clusterRole: 'operator' });

const entriesSeenBy = async (who: { key: string }, query = ''): Promise<AuditEntry[]> => {
  const { status, body } = await api.get<AuditPage>(`/v1/audit${query}`, as(who));
  assert.equal(status, 200, JSON.stringify(body));
  assert.ok(fits(AuditPage, body));
  return body.data;
};
/** The entry of a request, which is written a moment after its answer. */
const entryOf = async (requestId: string): Promise<AuditEntry> =>
  eventually(`the entry of ${requestId}`, async () =>
    (await entriesSeenBy(auditor, '?limit=200')).find((entry) => entry.requestId === requestId),
  );
const withId = (who: { key: string }, id: string) => ({ ...as(who), 'x-request-id': id });

describe('the audit', () => {
  after(() => api.close());

  it('records who made what, from where and how it ended', async () => {
    const body = { method: 'zen-nas', preset: 'demo', name: 'seen' };
    const { body: job } = await api.post<JobView>('/v1/jobs', body, withId(member, 'submit-1'));
    const { id: _, time, user, ...entry } = await entryOf('submit-1');
    assert.ok(Math.abs(Date.parse(time) - Date.now()) < 60_000);
    assert.match(user ?? '', /^user-/);
    assert.deepEqual(entry, {
      keyId: member.id,
      userId: member.userId,
      team: 'vision',
      ip: '127.0.0.1',
      verb: 'POST',
      route: '/v1/jobs',
      objectId: job.id,
      status: 202,
      requestId: 'submit-1',
      fields: body,
    });
  });

  it('records what is refused: by rights, by schema, by a key that is none, but not what has no key', async () => {
    await api.send('PATCH', '/v1/teams/vision', { maxSlots: 99 }, withId(member, 'refused-1'));
    const refused = await entryOf('refused-1');
    assert.deepEqual([refused.status, refused.objectId, refused.fields], [403, 'vision', null]);
    await api.send('PATCH', '/v1/teams/vision', { maxSlots: 'many' }, withId(operator, 'refused-2'));
    const faulty = await entryOf('refused-2');
    assert.deepEqual([faulty.status, faulty.fields], [400, { maxSlots: 'many' }]);
    await api.send('DELETE', `/v1/teams/vision/members/x`, undefined, withId(other, 'refused-3'));
    assert.deepEqual([(await entryOf('refused-3')).status, (await entryOf('refused-3')).objectId], [404, 'vision/x']);
    await api.post('/v1/jobs', {}, { authorization: '', 'x-request-id': 'no-key' });
    await fetch(`${api.url}/v1/jobs`, { method: 'POST', headers: { 'x-request-id': 'no-header' } });
    await api.get('/v1/jobs', withId(member, 'read-1'));
    await api.post('/v1/metrics/query', { jobs: [], keys: [] }, withId(member, 'read-2'));
    await api.post('/v1/jobs', {}, { authorization: 'Bearer crk_wrong', 'x-request-id': 'wrong-key' });
    const wrong = await entryOf('wrong-key'); // rows keep their order: those before it would be there
    assert.deepEqual([wrong.status, wrong.keyId, wrong.team], [401, null, null]);
    const recorded = (await entriesSeenBy(auditor, '?limit=200')).map(({ requestId }) => requestId);
    for (const id of ['no-header', 'read-1', 'read-2']) assert.ok(!recorded.includes(id), id);
  });

  it('holds no secret, and no text that Postgres cannot hold stops it', async () => {
    const { body: made } = await api.post<NewApiKey>('/v1/api-keys', { name: 'secret' }, withId(member, 'made-key'));
    assert.deepEqual((await entryOf('made-key')).objectId, made.id);
    await api.post('/v1/jobs', { method: 'zen-nas', name: made.key }, withId(member, 'pasted-key'));
    await entryOf('pasted-key');
    await api.send('PUT', '/v1/teams/vision/members/a%00b', { role: 'viewer' }, withId(admin, 'nul'));
    await entryOf('nul');
    const { rows } = await api.sql.query('select * from audit_entry');
    assert.ok(!JSON.stringify(rows).includes(made.key.slice(-43)));
  });

  it('records a request whose sender hangs up before the answer', async () => {
    const { hostname, port } = new URL(api.url);
    const socket = connect(Number(port), hostname);
    const lock = await api.sql.connect();
    await lock.query('begin');
    await lock.query(`select from team where id = 'vision' for update`);
    const body = '{"maxSlots":7}';
    socket.write(
      `PATCH /v1/teams/vision HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${operator.key}\r\nX-Request-Id: hung-up\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    const isWaiting = async () =>
      (
        await api.sql.query(
          `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        )
      ).rowCount === 1;
    await eventually('the change waits for its row', isWaiting);
    socket.destroy();
    await lock.query('commit');
    lock.release();
    assert.deepEqual((await entryOf('hung-up')).fields, { maxSlots: 7 });
  });

  it('shows a team-admin the own team alone, and the rest nothing', async () => {
    await api.post('/v1/jobs', { method: 'zen-nas' }, withId(other, 'speech-1'));
    await entryOf('speech-1');
    assert.ok((await entriesSeenBy(admin, '?limit=200')).every(({ team }) => team === 'vision'));
    assert.ok((await entriesSeenBy(other, '?limit=200')).every(({ team }) => team === 'speech'));
    assert.equal((await api.get<Problem>('/v1/audit', as(member))).status, 403);
    const teams = new Set((await entriesSeenBy(operator, '?limit=200')).map(({ team }) => team));
    assert.deepEqual([...teams].map(String).sort(), ['default', 'null', 'speech', 'vision']);
  });

  it('pages by key without loss or repetition, also by user and object', async () => {
    const client = createClient({ baseUrl: api.url, key: auditor.key });
    const whole = (await client.audit({ limit: 200 })).data.map(({ id }) => id);
    const paged: string[] = [];
    let cursor: string | null = null;
    do {
      const page: AuditPage = await client.audit({ limit: 2, ...(cursor === null ? {} : { cursor }) });
      paged.push(...page.data.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor !== null);
    assert.ok(whole.length > 4);
    assert.deepEqual(paged, whole);
    const { user } = await createClient({ baseUrl: api.url, key: member.key }).me();
    const ofMember = (await client.audit({ user, limit: 200 })).data;
    assert.ok(ofMember.length > 0 && ofMember.every(({ userId }) => userId === member.userId));
    const ofTeam = (await client.audit({ object: 'vision' })).data;
    assert.ok(ofTeam.length >= 2 && ofTeam.every(({ objectId }) => objectId === 'vision'));
  });

  it('logs an entry whole that it cannot store, and answers all the same', async () => {
    await api.sql.query('alter table audit_entry rename to audit_entry_away');
    try {
      const { status } = await api.post('/v1/jobs', { method: 'zen-nas', preset: 'demo' }, withId(member, 'unstored'));
      assert.equal(status, 202);
      const logged = () => api.log.find((line) => line.includes('audit entry not stored'));
      assert.match(await eventually('the line', async () => logged()), /"requestId":"unstored"/);
    } finally {
      await api.sql.query('alter table audit_entry_away rename to audit_entry');
    }
  });
});

describe('verified keys', () => {
  it('are cut at once by a change that another process commits', async () => {
    const second = await runApi({ leads: false });
    try {
      const leaving = await newMember(second, { team: 'vision', role: 'member' });
      const revoked = await newMember(second, { team: 'vision', role: 'member' });
      for (const who of [leaving, revoked]) assert.equal((await second.get('/v1/jobs', as(who))).status, 200);
      await second.sql.query('delete from membership where user_id = $1', [leaving.userId]);
      await second.sql.query('update api_key set revoked_at = now() where id = $1', [revoked.id]);
      for (const who of [leaving, revoked])
        await eventually(
          'the key is refused',
          async () => (await second.get('/v1/jobs', as(who))).status === 401,
          5000,
        );
    } finally {
      await second.close();
    }
  });
});
