/** @file T23: every route, called by every role on one's own, a colleague's and another team's object, equals the table. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { ClusterRole, TeamRole } from '@crucible/contracts';
import { newMember } from '../support/member.ts';
import { runApi } from '../support/running-api.ts';
import { newTeamObjects, type TeamObjects } from '../support/team-objects.ts';
import { CALLERS, type Caller, type ObjectRows, PERMISSION_TABLE } from './t23-permission-table.ts';

const NOWHERE = '00000000-0000-7000-8000-00000000dead';

const api = await runApi({ leads: false });
after(() => api.close());

const { body: document } = await api.get<{ paths: Record<string, object> }>('/openapi.json');
const routes = Object.entries(document.paths)
  .flatMap(([path, operations]) => Object.keys(operations).map((method) => `${method} ${path}`))
  .sort((a, b) => Number(a.startsWith('delete')) - Number(b.startsWith('delete'))); // those leave nothing to call

await api.sql.query(
  `insert into scheduling_pass (id, time, num_dispatched, num_preempted, num_refused, document)
   values (1, now(), 1, 0, 0, decode('1f8b08000000000000ffabae050043bfa6a302000000', 'hex'))`, // gzip of {}
);

const stranger = await newMember(api, { team: 'speech', role: 'member' });

const keyOf = (caller: Caller) => {
  const isOfCluster = caller === 'operator' || caller === 'auditor';
  return newMember(api, {
    team: 'vision',
    role: isOfCluster || caller === 'no-key' ? null : (caller as TeamRole),
    ...(isOfCluster ? { clusterRole: caller as ClusterRole } : {}),
  });
};

/** What an address may name: besides what jobs report, a team, a member of it, and a key that is not in use. */
type Named = TeamObjects & { teamId: string; user: string; keyId: string };

async function newNamed(teamId: string, userId: string): Promise<Named> {
  const objects = await newTeamObjects(api.store, { team: teamId, userId, mark: 'mark' });
  const { id: keyId } = await api.store.keys.create('unused', { userId, teamId });
  const member = await newMember(api, { team: teamId, role: 'viewer' });
  const { rows } = await api.sql.query<{ name: string }>('select name from user_account where id = $1', [
    member.userId,
  ]);
  return { ...objects, teamId, keyId, user: rows[0]?.name ?? '' };
}

const addressOf = (path: string, { jobId, checkpointId, workerId, teamId, user, keyId }: Named): string =>
  path
    .replace('/teams/{id}', `/teams/${teamId}`)
    .replace('{user}', user)
    .replace('/api-keys/{id}', `/api-keys/${keyId}`)
    .replace('/jobs/{id}', `/jobs/${jobId}`)
    .replace('/checkpoints/{id}', `/checkpoints/${checkpointId}`)
    .replace('/workers/{id}', `/workers/${workerId}`)
    .replace('/scheduling-passes/{id}', '/scheduling-passes/1')
    .replace('/methods/{id}', '/methods/zen-nas')
    .replace('{number}', '1')
    .replace('{name}', 'mark');

/** The status of an answer and, of a refusal, its text without the request's id. */
async function send(method: string, address: string, key: string | null): Promise<{ status: number; text: string }> {
  const abort = new AbortController(); // streams do not end by themselves
  const response = await fetch(api.url + address, {
    method: method.toUpperCase(),
    headers: key === null ? {} : { authorization: `Bearer ${key}` },
    signal: abort.signal,
  });
  const { status } = response;
  const text = status >= 400 ? await response.text() : '';
  abort.abort();
  return { status, text: text.replace(/"instance":"[^"]*"/, '') };
}

const outcomeOf = (status: number): string => ([401, 403, 404].includes(status) ? String(status) : 'ok');

const cellOf = (row: string, caller: Caller): string | undefined => row.split(/ +/)[CALLERS.indexOf(caller)];

describe('T23', () => {
  it('has a row for every route, and none for a route that is gone', () => {
    assert.deepEqual(Object.keys(PERMISSION_TABLE).sort(), routes.toSorted());
  });

  for (const caller of CALLERS)
    it(`answers ${caller} as the table says`, async () => {
      const { key: made, userId } = await keyOf(caller);
      const key = caller === 'no-key' ? null : made;
      const colleague = await newMember(api, { team: 'vision', role: 'member' });
      const objects: Record<keyof ObjectRows, Named> = {
        own: await newNamed('vision', userId),
        colleague: await newNamed('vision', colleague.userId),
        other: await newNamed('speech', stranger.userId),
      };
      for (const route of routes) {
        const [method = '', path = ''] = route.split(' ');
        const expected = PERMISSION_TABLE[route] ?? '';
        const rows = typeof expected === 'string' ? { own: expected } : expected;
        for (const [whose, row] of Object.entries(rows) as [keyof ObjectRows, string][]) {
          const context = `${caller}: ${route} on ${whose}`;
          const { status, text } = await send(method, addressOf(path, objects[whose]), key);
          assert.ok(status < 500, `${context}: ${status} ${text}`);
          assert.equal(outcomeOf(status), cellOf(row, caller), `${context}: ${status} ${text}`);
          if (status !== 404) continue;
          const nothing = {
            ...objects.other,
            jobId: NOWHERE,
            checkpointId: NOWHERE,
            teamId: 'nowhere',
            keyId: 'A'.repeat(12),
          };
          const missing = await send(method, addressOf(path, nothing), key);
          const { jobId, checkpointId, teamId, keyId } = objects[whose];
          const unseen = text
            .replaceAll(jobId, NOWHERE)
            .replaceAll(checkpointId, NOWHERE)
            .replaceAll(`team ${teamId}`, `team ${nothing.teamId}`)
            .replaceAll(keyId, nothing.keyId);
          assert.deepEqual({ status, text: unseen }, missing, `${context} differs from what is not there`);
        }
      }
    });
});
