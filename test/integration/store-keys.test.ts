import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { it } from 'node:test';
import { grantedTo } from '@crucible/contracts';
import { hasCode } from '../support/codes.ts';
import { withDatabase } from '../support/database.ts';

const { store, sql } = await withDatabase();
const EVERY = { teamId: null, userId: null };

it('verifies a key that it made, and keeps only the hash of its secret', async () => {
  const { id, key } = await store.keys.create('ci');
  assert.match(key, /^crk_[A-Za-z0-9]{12}_[A-Za-z0-9_-]{43}$/);
  const userId = '00000000-0000-7000-8000-000000000001';
  const { expiresAt, ...verified } = (await store.keys.verify(key)) ?? assert.fail('refused');
  assert.ok(Date.parse(expiresAt) > Date.now());
  assert.deepEqual(verified, {
    id,
    name: 'ci',
    userId,
    userName: 'admin',
    teamId: 'default',
    role: 'team-admin',
    clusterRole: 'operator',
    scopes: null,
    granted: grantedTo('team-admin', 'operator', null),
  });
  const { rows } = await sql.query('select * from api_key where id = $1', [id]);
  const secret = key.slice(-43);
  assert.ok(createHash('sha256').update(secret).digest().equals(rows[0].secret_sha256));
  assert.equal(JSON.stringify(rows[0]).includes(secret), false);
});

it('refuses every key but that one', async () => {
  const { id, key } = await store.keys.create('ci');
  const other = await store.keys.create('other');
  const wrong = key.slice(0, -1) + (key.endsWith('A') ? 'B' : 'A');
  for (const bad of [
    '',
    'crk_',
    wrong,
    `${key}x`,
    key.toUpperCase(),
    `crk_${id}_${other.key.slice(-43)}`,
    `crk_AAAAAAAAAAAA_${key.slice(-43)}`,
  ])
    assert.equal(await store.keys.verify(bad), null, bad);
});

it('refuses a key that is revoked or past its days', async () => {
  const revoked = await store.keys.create('revoked');
  await store.keys.revoke(revoked.id);
  await store.keys.revoke(revoked.id);
  assert.equal(await store.keys.verify(revoked.key), null);
  const expired = await store.keys.create('expired', { days: 1 });
  assert.notEqual(await store.keys.verify(expired.key), null);
  await sql.query(`update api_key set expires_at = now() where id = $1`, [expired.id]);
  assert.equal(await store.keys.verify(expired.key), null);
  await assert.rejects(store.keys.revoke('none'), hasCode('not-found'));
});

it('lists keys without secrets, expiring in 90 days unless told otherwise', async () => {
  const { id } = await store.keys.create('listed');
  const view = (await store.keys.list(EVERY)).find((entry) => entry.id === id);
  assert.ok(view !== undefined);
  assert.deepEqual(Object.keys(view).sort(), [
    'createdAt',
    'expiresAt',
    'id',
    'lastUsedAt',
    'name',
    'revokedAt',
    'scopes',
    'team',
    'user',
  ]);
  assert.equal(Math.round((Date.parse(view.expiresAt) - Date.parse(view.createdAt)) / 86_400_000), 90);
});

it('notes the use of a key at most once a minute', async () => {
  const { id, key } = await store.keys.create('used');
  const lastUse = async () => (await store.keys.list(EVERY)).find((entry) => entry.id === id)?.lastUsedAt ?? null;
  assert.equal(await lastUse(), null);
  await store.keys.verify(key);
  const first = await lastUse();
  assert.notEqual(first, null);
  await sql.query(`update api_key set last_used_at = last_used_at - interval '30 seconds' where id = $1`, [id]);
  const half = await lastUse();
  await store.keys.verify(key);
  assert.equal(await lastUse(), half);
  await sql.query(`update api_key set last_used_at = last_used_at - interval '31 seconds' where id = $1`, [id]);
  await store.keys.verify(key);
  assert.ok(((await lastUse()) ?? '') >= (first ?? ''));
});
