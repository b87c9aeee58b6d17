import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { Problem } from '@crucible/contracts';
import { newMember } from '../support/member.ts';
import { eventually } from '../support/poll.ts';
import { runApi, testRedisUrl } from '../support/running-api.ts';
import { startJob } from '../support/running-attempt.ts';
import { openTcpGate } from '../support/tcp-gate.ts';

const redis = new URL(testRedisUrl());
const gate = await openTcpGate(redis.hostname, Number(redis.port));
redis.hostname = '127.0.0.1';
redis.port = String(gate.port);
const rateLimits = { readsPerKey: 20, writesPerKey: 4, writesPerTeam: 6 };
const api = await runApi({ leads: false, redisUrl: redis.href, rateLimits });
const second = await runApi({ leads: false, redisUrl: redis.href, rateLimits });
const isReady = async () => (await fetch(`${api.url}/readyz`)).text();

/** A team that no other test on this Redis has. */
const newTeam = () => `t-${crypto.randomUUID().slice(0, 13)}`;
const as = ({ key }: { key: string }) => ({ authorization: `Bearer ${key}` });

/** Asks for a change that is refused for its content, which counts all the same. */
const write = (who: { key: string }) => api.post<Problem>('/v1/jobs', {}, as(who));
const statusesOf = async (count: number, who: { key: string }): Promise<number[]> => {
  const statuses: number[] = [];
  for (let i = 0; i < count; i++) statuses.push((await write(who)).status);
  return statuses;
};

describe('rate limits', () => {
  after(async () => {
    await api.close();
    await second.close();
    await gate.shut();
  });

  it('stop a key that has used up its requests, and say when to come again', async () => {
    await eventually('Redis', async () => !(await isReady()).includes('Redis does not answer'));
    const who = await newMember(api, { team: newTeam(), role: 'member' });
    const first = await write(who);
    assert.equal(first.headers.get('ratelimit-limit'), '4');
    assert.equal(first.headers.get('ratelimit-remaining'), '3');
    assert.ok(Number(first.headers.get('ratelimit-reset')) <= 15);
    assert.deepEqual(await statusesOf(3, who), [400, 400, 400]);
    const { status, body, headers } = await write(who);
    assert.deepEqual([status, body.code, body.retryable], [429, 'rate-limited', true]);
    const wait = Number(headers.get('retry-after'));
    assert.ok(wait >= 1 && wait <= 15, `${wait} s`);
    assert.match(body.detail, /4 write requests a minute/);
    assert.equal((await api.get('/v1/jobs', as(who))).status, 200, 'reading has a bucket of its own');
  });

  it('are counted for a team as a whole, too', async () => {
    const team = newTeam();
    const [one, two] = [await newMember(api, { team, role: 'member' }), await newMember(api, { team, role: 'member' })];
    assert.deepEqual(await statusesOf(4, one), [400, 400, 400, 400]);
    assert.deepEqual(await statusesOf(3, two), [400, 400, 429]);
    assert.match((await write(two)).body.detail, /team/);
    const other = await newMember(api, { team: newTeam(), role: 'member' });
    assert.equal((await write(other)).status, 400);
  });

  it('are the same for every API process', async () => {
    const who = await newMember(api, { team: newTeam(), role: 'member' });
    // The key is the same in both databases, so that only the counting in Redis connects them.
    await second.sql.query('insert into team (id) select $1', [
      (await api.sql.query('select team_id from api_key where id = $1', [who.id])).rows[0].team_id,
    ]);
    await second.sql.query(`insert into user_account (id, name) values ($1, 'twin')`, [who.userId]);
    for (const table of ['membership', 'api_key']) {
      const { rows } = await api.sql.query(
        `select to_jsonb(t) as row from ${table} t where ${table === 'api_key' ? 'id' : 'user_id'} = $1`,
        [table === 'api_key' ? who.id : who.userId],
      );
      await second.sql.query(`insert into ${table} select * from jsonb_populate_record(null::${table}, $1)`, [
        rows[0].row,
      ]);
    }
    await statusesOf(4, who);
    const elsewhere = await second.post<Problem>('/v1/jobs', {}, as(who));
    assert.equal(elsewhere.status, 429, JSON.stringify(elsewhere.body));
  });

  it('count reading apart, and telemetry not at all', async () => {
    const team = newTeam();
    const who = await newMember(api, { team, role: 'member' });
    const { job } = await startJob(api.store, { teamId: team, userId: who.userId });
    const reads = [];
    for (let i = 0; i < 21; i++) reads.push((await api.get('/v1/methods', as(who))).status);
    assert.deepEqual([reads.filter((status) => status === 200).length, reads.at(-1)], [20, 429]);
    const address = `/v1/jobs/${job.id}/attempts/1/metrics`;
    for (let i = 0; i < 10; i++) assert.notEqual((await api.post(address, {}, as(who))).status, 429);
  });

  it('hold, and keep nobody waiting, while Redis does not answer', async () => {
    gate.freeze();
    const who = await newMember(api, { team: newTeam(), role: 'member' });
    const began = performance.now();
    assert.deepEqual(await statusesOf(5, who), [400, 400, 400, 400, 429]);
    assert.ok(performance.now() - began < 2000);
    gate.thaw();
  });

  it('hold within the process while Redis is away', async () => {
    await gate.shut();
    await eventually('Redis away', async () => (await isReady()).includes('Redis does not answer'));
    const who = await newMember(api, { team: newTeam(), role: 'member' });
    assert.deepEqual(await statusesOf(5, who), [400, 400, 400, 400, 429]);
  });
});
