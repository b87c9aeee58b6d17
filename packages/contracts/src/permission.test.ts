import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CLUSTER_ROLES, grantedTo, PERMISSIONS, TEAM_ROLE_NAMES, TEAM_ROLES } from './permission.ts';

describe('grantedTo', () => {
  it('gives each role of a team what the one before it has, and more', () => {
    const sizes = TEAM_ROLE_NAMES.map((role) => TEAM_ROLES[role].length);
    assert.deepEqual(
      sizes,
      [...new Set(sizes)].sort((a, b) => a - b),
    );
    for (const [i, role] of TEAM_ROLE_NAMES.slice(1).entries()) {
      const before = grantedTo(TEAM_ROLE_NAMES[i] ?? null, null, null).inTeam;
      const granted = grantedTo(role, null, null).inTeam;
      assert.ok(
        before.every((permission) => granted.includes(permission)),
        role,
      );
    }
  });

  it('grants every permission to some role, and lets no team role operate the cluster', () => {
    const team = new Set<string>(Object.values(TEAM_ROLES).flat());
    const all = new Set<string>([...team, ...Object.values(CLUSTER_ROLES).flat()]);
    assert.deepEqual([...all].sort(), [...PERMISSIONS].sort());
    assert.ok(!team.has('cluster:operate'));
  });

  it('lets an auditor change nothing but its own keys', () => {
    const changing = CLUSTER_ROLES.auditor.filter((permission) => !permission.endsWith(':read'));
    assert.deepEqual(changing, ['keys:write']);
  });

  it('narrows a key to its scopes, and never widens it', () => {
    assert.deepEqual(grantedTo('viewer', null, ['jobs:read', 'jobs:write']), { inTeam: ['jobs:read'], everywhere: [] });
    assert.deepEqual(grantedTo('member', 'operator', ['cluster:operate']), {
      inTeam: [],
      everywhere: ['cluster:operate'],
    });
    assert.deepEqual(grantedTo(null, null, null), { inTeam: [], everywhere: [] });
  });
});
