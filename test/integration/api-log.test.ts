import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { JobView } from '@crucible/contracts';
import { eventually } from '../support/poll.ts';
import { runApi } from '../support/running-api.ts';

const api = await runApi({ leads: false });

describe('the log of requests', () => {
  after(() => api.close());

  interface Line {
    reqId: string;
    msg: string;
    method: string;
    route: string;
    status: number;
    ms: number;
    rows: number | null;
    bytes: number;
    job: string | null;
    team: string | null;
  }

  /** The one line about a request that came with `id`. */
  const lineOf = async (id: string): Promise<Line> => {
    const found = await eventually(`the line of ${id}`, async () => {
      const lines = api.log.map((line) => JSON.parse(line) as Line).filter(({ reqId }) => reqId === id);
      return lines.some(({ msg }) => msg === 'answered') && lines;
    });
    assert.equal(found.length, 1, JSON.stringify(found));
    return found[0] as Line;
  };

  it('has one line per request with its id, time, rows, bytes and team', async () => {
    const submitted = await api.post<JobView>('/v1/jobs', { method: 'zen-nas' }, { 'x-request-id': 'submit-1' });
    assert.equal(submitted.headers.get('x-request-id'), 'submit-1');
    const { status, rows, team, ms, bytes } = await lineOf('submit-1');
    assert.deepEqual({ status, rows, team }, { status: 202, rows: null, team: 'default' });
    assert.ok(ms > 0 && bytes > JSON.stringify(submitted.body).length, `${ms} ms, ${bytes} bytes`);

    await api.get('/v1/jobs?limit=10', { 'x-request-id': 'list-1' });
    assert.deepEqual([(await lineOf('list-1')).rows, (await lineOf('list-1')).route], [1, '/v1/jobs']);

    await api.get(`/v1/jobs/${submitted.body.id}`, { 'x-request-id': 'read-1' });
    const read = await lineOf('read-1');
    assert.deepEqual([read.route, read.job], ['/v1/jobs/:id', submitted.body.id]);
  });

  it('has a line for what was refused, without the key that was sent', async () => {
    const key = `crk_${'a'.repeat(12)}_${'b'.repeat(43)}`;
    const answer = await api.get('/v1/jobs', { authorization: `Bearer ${key}`, 'x-request-id': 'refused-1' });
    assert.equal(answer.status, 401);
    const { status, team } = await lineOf('refused-1');
    assert.deepEqual({ status, team }, { status: 401, team: null });
    assert.ok(!api.log.join('').includes('b'.repeat(43)));
  });
});
