import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ClusterRole, CrucibleError, grantedTo, type Permission, type TeamRole } from '@crucible/contracts';
import { assertJobAccess, type JobUse, type Principal, shownTeam } from './access.ts';

const caller = (role: TeamRole | null, clusterRole: ClusterRole | null = null, scopes: Permission[] | null = null) =>
  ({
    id: 'key',
    name: 'key',
    userId: 'me',
    userName: 'me',
    teamId: 'vision',
    role,
    clusterRole,
    scopes,
    expiresAt: '2030-01-01T00:00:00.000Z',
    granted: grantedTo(role, clusterRole, scopes),
  }) satisfies Principal;

const OWN = { teamId: 'vision', userId: 'me' };
const COLLEAGUE = { teamId: 'vision', userId: 'other' };
const STRANGER = { teamId: 'speech', userId: 'stranger' };

function answer(principal: Principal, permission: Permission, use: JobUse, owner: typeof OWN): string {
  const team = shownTeam(principal);
  if (team !== null && team !== owner.teamId) return 'not-found'; // the store finds it for nobody else
  try {
    assertJobAccess(principal, permission, use, owner);
    return 'ok';
  } catch (error) {
    assert.ok(error instanceof CrucibleError);
    return error.code;
  }
}

const answers = (principal: Principal, permission: Permission, use: JobUse): string[] =>
  [OWN, COLLEAGUE, STRANGER].map((owner) => answer(principal, permission, use, owner));

describe('assertJobAccess', () => {
  it('lets everyone in a team read its jobs, and nobody else', () => {
    for (const role of ['viewer', 'member', 'maintainer', 'team-admin'] as const)
      assert.deepEqual(answers(caller(role), 'jobs:read', 'job'), ['ok', 'ok', 'not-found'], role);
    for (const clusterRole of ['operator', 'auditor'] as const)
      assert.deepEqual(answers(caller(null, clusterRole), 'jobs:read', 'job'), ['ok', 'ok', 'ok'], clusterRole);
  });

  it('lets members command their own jobs, maintainers those of the team, operators all', () => {
    const rows: [Principal, string[]][] = [
      [caller('viewer'), ['forbidden', 'forbidden', 'not-found']],
      [caller('member'), ['ok', 'forbidden', 'not-found']],
      [caller('maintainer'), ['ok', 'ok', 'not-found']],
      [caller('team-admin'), ['ok', 'ok', 'not-found']],
      [caller('member', 'auditor'), ['ok', 'forbidden', 'forbidden']],
      [caller('member', 'operator'), ['ok', 'ok', 'ok']],
    ];
    for (const [principal, expected] of rows)
      assert.deepEqual(answers(principal, 'jobs:write', 'own-job'), expected, `${principal.role}`);
  });

  it('asks for the permission itself besides, where that is not about jobs', () => {
    assert.deepEqual(answers(caller('maintainer'), 'checkpoints:write', 'own-job'), ['ok', 'ok', 'not-found']);
    const operator = caller('member', 'operator');
    assert.deepEqual(answers(operator, 'checkpoints:write', 'own-job'), ['ok', 'ok', 'forbidden']);
  });

  it('makes new jobs from every job that the caller reads, in its own team', () => {
    assert.deepEqual(answers(caller('member'), 'jobs:write', 'source-job'), ['ok', 'ok', 'not-found']);
    assert.deepEqual(answers(caller('member', 'auditor'), 'jobs:write', 'source-job'), ['ok', 'ok', 'ok']);
    assert.deepEqual(answers(caller(null, 'operator'), 'jobs:write', 'source-job'), Array(3).fill('forbidden'));
  });

  it('holds a key to its scopes', () => {
    const narrow = caller('team-admin', 'operator', ['jobs:write']);
    assert.deepEqual(answers(narrow, 'jobs:read', 'job'), ['forbidden', 'forbidden', 'forbidden']);
    assert.deepEqual(answers(narrow, 'jobs:write', 'own-job'), ['ok', 'forbidden', 'forbidden']);
  });
});

describe('shownTeam', () => {
  it('is the team of the key, and every team for a role over the cluster', () => {
    assert.equal(shownTeam(caller('team-admin')), 'vision');
    assert.equal(shownTeam(caller('viewer', 'auditor')), null);
  });
});
