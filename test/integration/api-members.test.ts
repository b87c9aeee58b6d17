import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { createClient } from '@crucible/client';
import { fits, MemberList, type Problem, TeamList, TeamView, type UserList, UserView } from '@crucible/contracts';
import { hasCode } from '../support/codes.ts';
import { newMember } from '../support/member.ts';
import { runApi } from '../support/running-api.ts';

const api = await runApi({ leads: false });
const as = ({ key }: { key: string }) => ({ authorization: `Bearer ${key}` });
const member = await newMember(api, { team: 'vision', role: 'member' });
const admin = await newMember(api, { team: 'vision', role: 'team-admin' });
const other = await newMember(api, { team: 'speech', role: 'team-admin' });
const auditor = await newMember(api, { team: 'default', role: null, clusterRole: 'auditor' });
const operator = await newMember(api, { team: 'default', role: null, clusterRole: 'operator' });
const clientOf = ({ key }: { key: string }) => createClient({ baseUrl: api.url, key });

describe('teams and members over HTTP', () => {
  after(() => api.close());

  it('shows a team its own quotas, and operators those of all', async () => {
    const { body: own } = await api.get<TeamList>('/v1/teams', as(member));
    assert.ok(fits(TeamList, own));
    assert.deepEqual(
      own.data.map(({ id }) => id),
      ['vision'],
    );
    const { body: all } = await api.get<TeamList>('/v1/teams', as(auditor));
    assert.deepEqual(
      all.data.map(({ id }) => id),
      ['default', 'speech', 'vision'],
    );
  });

  it('lets operators alone make teams and users and set quotas', async () => {
    const client = clientOf(operator);
    const team = await client.teams.create({ id: 'audio', maxSlots: 4 });
    assert.ok(fits(TeamView, team));
    assert.deepEqual([team.maxSlots, team.maxQueued, team.version], [4, 10_000, 1]);
    const user = await client.users.create({ name: 'ada@audio' });
    assert.ok(fits(UserView, user));
    assert.equal(user.clusterRole, null);
    await assert.rejects(client.teams.create({ id: 'audio' }), hasCode('conflict'));
    await assert.rejects(client.users.create({ name: 'ada@audio' }), hasCode('conflict'));
    assert.ok((await client.users.list()).some(({ name }) => name === 'ada@audio'));
    for (const who of [member, admin, auditor]) {
      assert.equal((await api.post('/v1/teams', { id: 'x' }, as(who))).status, 403);
      assert.equal((await api.post('/v1/users', { name: 'x' }, as(who))).status, 403);
      assert.equal((await api.get<UserList>('/v1/users', as(who))).status, 403);
    }
    for (const who of [admin, member])
      assert.equal((await api.send('PATCH', '/v1/teams/vision', { maxSlots: 99 }, as(who))).status, 403);
  });

  it('changes quotas only of the version that was read, and leaves out what is not named', async () => {
    const client = clientOf(operator);
    const changed = await client.teams.patch('speech', { maxSlots: 3, weight: 2 }, { version: 1 });
    assert.deepEqual([changed.maxSlots, changed.weight, changed.maxQueued, changed.version], [3, 2, 10_000, 2]);
    await assert.rejects(client.teams.patch('speech', { maxSlots: 4 }, { version: 1 }), hasCode('stale-version'));
    assert.equal((await client.teams.patch('speech', { maxSlots: null })).maxSlots, null);
    for (const body of [{}, { weight: 0 }, { maxSlots: -1 }, { id: 'x' }])
      await assert.rejects(client.teams.patch('speech', body as object), hasCode('invalid-request'));
    await assert.rejects(client.teams.patch('nowhere', { maxSlots: 1 }), hasCode('not-found'));
  });

  it('lets the admin of a team, and operators, add, change and remove members', async () => {
    await clientOf(operator).users.create({ name: 'grace' });
    const client = clientOf(admin);
    assert.equal((await client.teams.putMember('vision', 'grace', 'viewer')).role, 'viewer');
    await client.teams.putMember('vision', 'grace', 'maintainer');
    const { body } = await api.get<MemberList>('/v1/teams/vision/members', as(member));
    assert.ok(fits(MemberList, body));
    assert.equal(body.data.find(({ user }) => user === 'grace')?.role, 'maintainer');
    await client.teams.removeMember('vision', 'grace');
    await assert.rejects(client.teams.removeMember('vision', 'grace'), hasCode('not-found'));
    await assert.rejects(client.teams.putMember('vision', 'nobody', 'viewer'), hasCode('not-found'));
    assert.equal((await clientOf(operator).teams.putMember('vision', 'grace', 'viewer')).role, 'viewer');
    for (const who of [member, auditor])
      assert.equal((await api.send('PUT', '/v1/teams/vision/members/grace', { role: 'viewer' }, as(who))).status, 403);
    assert.equal(
      (await api.send('PUT', '/v1/teams/vision/members/grace', { role: 'operator' }, as(admin))).status,
      400,
    );
  });

  it('answers every address of another team as one of a team that does not exist', async () => {
    for (const [method, path, body] of [
      ['GET', '/members', undefined],
      ['PATCH', '', { maxSlots: 1 }],
      ['PUT', '/members/grace', { role: 'team-admin' }],
      ['DELETE', '/members/grace', undefined],
    ] as const) {
      const [unseen, missing] = await Promise.all(
        ['vision', 'nowhere'].map((id) => api.send<Problem>(method, `/v1/teams/${id}${path}`, body, as(other))),
      );
      assert.equal(unseen?.status, 404, `${method} ${path}`);
      assert.equal(unseen?.body.detail.replace('vision', 'ID'), missing?.body.detail.replace('nowhere', 'ID'));
    }
  });

  it('ends the keys of a member with the membership, and changes what they may do with the role', async () => {
    const leaving = await newMember(api, { team: 'vision', role: 'member' });
    const { user } = await clientOf(leaving).me();
    const submit = () => api.post('/v1/jobs', { method: 'zen-nas', preset: 'demo' }, as(leaving));
    assert.equal((await submit()).status, 202);
    await clientOf(admin).teams.putMember('vision', user, 'viewer');
    assert.equal((await submit()).status, 403);
    await clientOf(admin).teams.removeMember('vision', user);
    assert.equal((await submit()).status, 401);
  });

  it('makes keys for a user, team and roles on the command line of the server', async () => {
    const createKey = async (...args: string[]) => {
      const script = new URL('../../apps/api/dist/create-key.js', import.meta.url).pathname;
      const env = { ...process.env, DATABASE_URL: api.databaseUrl };
      const { stdout } = await promisify(execFile)(process.execPath, [script, '--name', 'made', ...args], { env });
      return { key: stdout.trim() };
    };
    const first = await createKey('--user', 'root', '--team', 'ops', '--cluster-role', 'auditor');
    assert.deepEqual((await clientOf(first).me()).clusterRole, 'auditor');
    const next = await createKey('--user', 'root', '--team', 'ops', '--role', 'member', '--cluster-role', 'operator');
    const me = await clientOf(next).me();
    assert.deepEqual([me.user, me.team, me.role, me.clusterRole], ['root', 'ops', 'member', 'operator']);
    await assert.rejects(clientOf(first).me(), hasCode('unauthenticated'), 'made when it allowed less');
    const narrow = await createKey('--user', 'root', '--team', 'ops', '--scopes', 'jobs:read,audit:read');
    assert.deepEqual((await clientOf(narrow).me()).key.scopes, ['jobs:read', 'audit:read']);
    assert.equal((await clientOf(await createKey()).me()).user, 'admin');
    await assert.rejects(createKey('--user', 'nobody', '--team', 'ops'), /role: nobody has none in team ops/);
    await assert.rejects(createKey('--role', 'king'), /role .*\n.*usage/s);
  });
});
