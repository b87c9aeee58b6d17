import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { ApiKeyList, fits, MeView, NewApiKey, type Permission, type Problem } from '@crucible/contracts';
import { newMember } from '../support/member.ts';
import { runApi } from '../support/running-api.ts';

const api = await runApi({ leads: false });
const as = ({ key }: { key: string }) => ({ authorization: `Bearer ${key}` });
const member = await newMember(api, { team: 'vision', role: 'member' });
const admin = await newMember(api, { team: 'vision', role: 'team-admin' });
const other = await newMember(api, { team: 'speech', role: 'team-admin' });
const operator = await newMember(api, { team: 'vision', role: 'viewer', clusterRole: 'operator' });
const narrowed = await newMember(api, { team: 'vision', role: 'member', scopes: ['keys:write', 'jobs:read'] });

type Who = { key: string };
const make = (who: Who, body: object) => api.post<NewApiKey & Problem>('/v1/api-keys', body, as(who));
const made = async (who: Who, body: object): Promise<NewApiKey> => {
  const { status, body: key } = await make(who, body);
  assert.equal(status, 201, JSON.stringify(key));
  return key;
};
const rotate = (who: Who, id: string, body: object = {}) =>
  api.post<NewApiKey & Problem>(`/v1/api-keys/${id}/rotate`, body, as(who));
const revoke = (who: Who, id: string) => api.send<Problem>('DELETE', `/v1/api-keys/${id}`, undefined, as(who));
const idsSeenBy = async (who: Who, query = '') => {
  const { status, body } = await api.get<ApiKeyList>(`/v1/api-keys${query}`, as(who));
  assert.equal(status, 200);
  assert.ok(fits(ApiKeyList, body));
  return body.data.map(({ id }) => id);
};
const nameOf = async ({ userId }: { userId: string }) =>
  (await api.sql.query<{ name: string }>('select name from user_account where id = $1', [userId])).rows[0]?.name ?? '';
const daysOf = (key: NewApiKey) => Math.round((Date.parse(key.expiresAt) - Date.parse(key.createdAt)) / 86_400_000);

describe('API keys over HTTP', () => {
  after(() => api.close());

  it('tells a caller who it is and what it may do', async () => {
    const { body } = await api.get<MeView>('/v1/me', as(narrowed));
    assert.ok(fits(MeView, body));
    assert.deepEqual(
      [body.userId, body.team, body.role, body.clusterRole, body.key.id, body.key.scopes, body.limits.maxQueued],
      [narrowed.userId, 'vision', 'member', null, narrowed.id, ['keys:write', 'jobs:read'], 10_000],
    );
    assert.deepEqual(body.granted, { inTeam: ['jobs:read', 'keys:write'], everywhere: [] });
  });

  it('makes a key that works, shows its secret once, and lists it without', async () => {
    const key = await made(member, { name: 'laptop' });
    assert.ok(fits(NewApiKey, key));
    assert.deepEqual([key.team, key.user, key.scopes, daysOf(key)], ['vision', await nameOf(member), null, 90]);
    assert.equal((await api.get('/v1/jobs', as(key))).status, 200);
    const listed = await api.get<ApiKeyList>('/v1/api-keys', as(member));
    const view = listed.body.data.find(({ id }) => id === key.id);
    assert.notEqual(view?.lastUsedAt, null);
    assert.ok(!JSON.stringify(listed.body).includes(key.key.slice(-43)));
    assert.ok(!api.log.join('').includes(key.key.slice(-43)));
  });

  it('takes 1 to 365 days and known scopes', async () => {
    assert.equal(daysOf(await made(member, { name: 'year', days: 365 })), 365);
    for (const wrong of [{ days: 366 }, { days: 0 }, { days: 1.5 }, { scopes: [] }, { scopes: ['root'] }, { name: '' }])
      assert.equal((await make(member, { name: 'x', ...wrong })).body.code, 'invalid-request', JSON.stringify(wrong));
  });

  it('gives no key more than the key that makes it', async () => {
    const scoped = await made(member, { name: 'read', scopes: ['jobs:read', 'keys:write'] });
    assert.deepEqual(scoped.scopes, ['jobs:read', 'keys:write']);
    const refused = await make(member, { name: 'x', scopes: ['jobs:read', 'team:manage'] });
    assert.deepEqual([refused.status, refused.body.code], [403, 'forbidden']);
    assert.match(refused.body.detail, /team:manage/);
    assert.equal((await make(scoped, { name: 'x', scopes: ['jobs:write'] })).status, 403);
    assert.deepEqual((await made(scoped, { name: 'child' })).scopes?.toSorted(), ['jobs:read', 'keys:write']);
    const sibling = await made(member, { name: 'wide' });
    assert.equal((await rotate(scoped, sibling.id)).status, 403, 'a narrow key turns no wide one into its own');
    const noKeys = await made(member, { name: 'no keys', scopes: ['jobs:read'] });
    assert.equal((await make(noKeys, { name: 'x' })).status, 403);
  });

  it('lets a team-admin make keys for members, never beyond the admin, never for holders of cluster roles', async () => {
    const forMember = await made(admin, { name: 'for you', user: await nameOf(member) });
    const { body: me } = await api.get<MeView>('/v1/me', as(forMember));
    assert.deepEqual([me.userId, me.role], [member.userId, 'member']);
    assert.ok(me.key.scopes !== null && !me.granted.inTeam.includes('team:manage'));
    assert.equal((await make(member, { name: 'x', user: await nameOf(admin) })).status, 403);
    assert.equal((await make(admin, { name: 'x', user: await nameOf(operator) })).status, 403);
    assert.equal((await rotate(admin, operator.id)).status, 403);
    assert.equal((await make(admin, { name: 'x', user: await nameOf(other) })).status, 404);
    assert.equal((await make(admin, { name: 'x', team: 'speech' })).status, 403);
    assert.equal((await make(admin, { name: 'x', team: 'nowhere' })).status, 403);
    const first = await made(operator, { name: 'first', user: await nameOf(other), team: 'speech' });
    assert.equal((await api.get<MeView>('/v1/me', as(first))).body.role, 'team-admin');
    assert.equal((await make(operator, { name: 'x', user: await nameOf(other), team: 'vision' })).status, 404);
    const scopes: Permission[] = ['cluster:operate', 'keys:write'];
    const narrow = await made(operator, { name: 'narrow', scopes });
    assert.equal(
      (await make(narrow, { name: 'x', user: await nameOf(other), team: 'speech', scopes: ['jobs:write'] })).status,
      403,
    );
  });

  it('lists own keys, all of the team to its admin, and every one to operators', async () => {
    assert.ok(!(await idsSeenBy(admin)).includes(member.id));
    const ofTeam = await idsSeenBy(admin, '?all=true');
    assert.ok(ofTeam.includes(member.id) && ofTeam.includes(narrowed.id) && !ofTeam.includes(other.id));
    assert.ok(!(await idsSeenBy(member, '?all=true')).includes(admin.id));
    const everywhere = await idsSeenBy(operator, '?all=true');
    for (const { id } of [member, admin, other, operator]) assert.ok(everywhere.includes(id));
  });

  it('rotates a key: both work until the overlap is over', async () => {
    const old = await made(member, { name: 'rotating', scopes: ['jobs:read', 'keys:write'], days: 300 });
    const { status, body: next } = await rotate(member, old.id, { days: 30 });
    assert.equal(status, 201);
    assert.deepEqual([next.name, next.scopes, daysOf(next)], ['rotating', old.scopes, 30]);
    for (const key of [old, next]) assert.equal((await api.get('/v1/jobs', as(key))).status, 200);
    const { body: list } = await api.get<ApiKeyList>('/v1/api-keys', as(member));
    const left = Date.parse(list.data.find(({ id }) => id === old.id)?.expiresAt ?? '') - Date.now();
    assert.ok(left > 23.9 * 3_600_000 && left <= 24 * 3_600_000, `${left} ms`);
    const { body: last } = await rotate(member, next.id, { overlapHours: 0 });
    assert.equal((await api.get('/v1/jobs', as(next))).status, 401);
    assert.equal((await api.get('/v1/jobs', as(last))).status, 200);
    assert.equal((await rotate(member, next.id)).status, 404);
  });

  it('revokes a key at once, and answers those of others as keys that are not there', async () => {
    const key = await made(member, { name: 'lost' });
    assert.equal((await api.get('/v1/jobs', as(key))).status, 200);
    for (const send of [revoke, rotate]) {
      const [unseen, missing] = await Promise.all([send(other, key.id), send(other, 'AAAAAAAAAAAA')]);
      assert.equal(unseen.status, 404);
      assert.equal(unseen.body.detail.replace(key.id, 'ID'), missing.body.detail.replace('AAAAAAAAAAAA', 'ID'));
    }
    assert.equal((await revoke(narrowed, key.id)).status, 404);
    assert.equal((await revoke(admin, key.id)).status, 204);
    assert.equal((await api.get('/v1/jobs', as(key))).status, 401);
    assert.equal((await rotate(member, key.id)).status, 404);
  });
});
