import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { fits, type JobView, Problem } from '@crucible/contracts';
import { HOSTILE, hostileText, mutate, oneOf } from '../support/hostile.ts';
import { runApi } from '../support/running-api.ts';
import { seededRandom } from '../support/seeded-random.ts';

const NUM_BODIES = 500;
const SEED = 20_407;

const KEYS = ['method', 'preset', 'config', 'name', 'tags', 'seed', 'priority', 'resources', 'constructor', 'toString'];

const api = await runApi({ leads: false });

describe('bodies made at random', () => {
  after(() => api.close());

  const random = seededRandom(SEED);
  const valid = (): Record<string, unknown> => ({
    method: 'zen-nas',
    preset: 'demo',
    config: { search: { population: 20, space: 'xxbl' }, budget: { params: 1e5 }, dataset: { name: 'fashion-mnist' } },
    name: 'fuzz',
    tags: { a: 'b' },
    seed: 1,
    priority: 50,
    resources: { pool: 'default', slots: 1 },
  });

  it(`never breaks the service: ${NUM_BODIES} bodies, each accepted or refused with its faults`, async () => {
    const { body: old } = await api.post<JobView>('/v1/jobs', valid());
    const targets = ['/v1/jobs', '/v1/jobs', `/v1/jobs/${old.id}/fork`];
    const statuses = new Map<number, number>();
    for (let i = 0; i < NUM_BODIES; i++) {
      let body: unknown = valid();
      for (let changes = 1 + random(4); changes > 0; changes--) body = mutate(body, random, KEYS);
      const text = hostileText(body, random);
      const response = await fetch(api.url + oneOf(random, targets), {
        method: 'POST',
        body: text,
        headers: { authorization: `Bearer ${api.key}`, 'content-type': 'application/json' },
      });
      const answer: unknown = await response.json();
      const context = `body ${i}: ${response.status} ${text.slice(0, 500)}`;
      assert.ok(response.status < 500, `${context} -> ${JSON.stringify(answer)}`);
      if (response.status !== 202) assert.ok(fits(Problem, answer), context);
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
    }
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
    for (const status of [202, 400, 422]) assert.ok((statuses.get(status) ?? 0) > 10, JSON.stringify([...statuses]));
  });

  it('never breaks on query strings and addresses either', async () => {
    const jobs = `/v1/jobs/${(await api.post<JobView>('/v1/jobs', valid())).body.id}`;
    const paths = [
      '/v1/jobs?',
      '/v1/events?',
      `${jobs}/logs?`,
      `${jobs}/metrics/points?key=a&`,
      `${jobs}/artifacts/`,
      `${jobs}/metrics/points?`,
    ];
    const names = [
      'limit',
      'cursor',
      'state',
      'name',
      'tag',
      'after',
      'level',
      'contains',
      'afterStep',
      'maxPoints',
      'key',
    ];
    const values = [
      ...HOSTILE.map(String),
      '%00',
      '%ff',
      '%',
      '1:1',
      '0:0',
      '99999999999:99999999999',
      '9'.repeat(30),
      '9007199254740991',
      '_',
      '%25',
    ];
    for (let i = 0; i < 200; i++) {
      const parameters = Array.from({ length: 1 + random(2) }, () => {
        const value = oneOf(random, values);
        return `${oneOf(random, names)}=${random(3) === 0 ? value.replace(/[^\x21-\x7e]/g, '') : encodeURIComponent(value.replace(/\p{Surrogate}/gu, ''))}`;
      });
      const path = oneOf(random, paths) + parameters.join('&');
      const { status, body } = await api.get(path);
      assert.ok(status < 500, `${path} -> ${status} ${JSON.stringify(body)}`);
    }
  });
});
