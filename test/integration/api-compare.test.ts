import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { Comparison, Problem } from '@crucible/contracts';
import { runApi } from '../support/running-api.ts';
import { startJob } from '../support/running-attempt.ts';

const api = await runApi({ leads: false });
after(() => api.close());

/** A job with a config whose curve is `values` at every `stride`th step. */
async function jobWith(config: object, values: number[], stride = 1): Promise<string> {
  const { job, attempt } = await startJob(api.store, { config });
  const points = values.map((value, i) => ({ key: 'val/accuracy', step: i * stride, value, timeMs: 0 }));
  await api.store.metrics.appendBatch({ ...attempt, sequence: 1, points });
  return job.id;
}

const compare = (body: object) => api.post<Comparison & Problem>('/v1/metrics/query', body);

describe('POST /v1/metrics/query', () => {
  it('groups by a path of the config and gives mean, spread, count and interval on one grid', async () => {
    const smooth = { loss: { smoothing: 0.1 } };
    const jobs = [
      await jobWith(smooth, [1, 2, 3]),
      await jobWith(smooth, [3, 4, 8]),
      await jobWith({ loss: { smoothing: 0.2 } }, [5, Number.NaN, 7]),
      await jobWith({}, [9]),
    ];
    const { status, body } = await compare({ jobs, keys: ['val/accuracy'], groupBy: 'loss.smoothing' });
    assert.equal(status, 200);
    const byGroup = new Map(body.data.map((curve) => [curve.group, curve]));
    assert.deepEqual([...byGroup.keys()].map(String).sort(), ['0.1', '0.2', 'null']);
    const two = byGroup.get(0.1);
    assert.deepEqual(
      [two?.steps, two?.mean, two?.n],
      [
        [0, 1, 2],
        [2, 3, 5.5],
        [2, 2, 2],
      ],
    );
    assert.deepEqual([...(two?.jobs ?? [])].sort(), [...jobs.slice(0, 2)].sort());
    assert.ok(Math.abs((two?.sd[2] ?? 0) - Math.sqrt(12.5)) < 1e-9);
    // 12.7062 is Student's t of one degree of freedom: half = 12.7062 * sd / sqrt(2)
    assert.ok(Math.abs((two?.hi[2] ?? 0) - (5.5 + 12.7062 * 2.5)) < 1e-3);
    assert.deepEqual(byGroup.get(0.2)?.mean, [5, null, 7]);
    assert.deepEqual(
      [byGroup.get(0.2)?.n, byGroup.get(0.2)?.sd],
      [
        [1, 0, 1],
        [null, null, null],
      ],
    );
    assert.deepEqual(
      [byGroup.get(null)?.mean, byGroup.get(null)?.n],
      [
        [9, 9, null],
        [1, 1, 0],
      ],
    );
  });

  it('gives each job alone without a group, at the grid steps that are asked for', async () => {
    const jobs = [
      await jobWith(
        {},
        Array.from({ length: 1001 }, (_, i) => i),
      ),
      await jobWith({}, [0, 500], 500),
    ];
    const { body } = await compare({ jobs, keys: ['val/accuracy'], numPoints: 5, from: 100, to: 900 });
    const curves = new Map(body.data.map((curve) => [curve.jobs[0], curve]));
    assert.deepEqual(curves.get(jobs[0])?.steps, [100, 300, 500, 700, 900]);
    assert.deepEqual(curves.get(jobs[0])?.mean, [100, 300, 500, 700, 900]);
    assert.deepEqual(curves.get(jobs[1])?.mean, [0, null, 500, 500, null]);
  });

  it('names the first job that is unknown and says how an answer becomes small enough', async () => {
    const known = await jobWith({}, [1]);
    const unknown = '01890000-0000-7000-8000-00000000dead';
    const missing = await compare({ jobs: [known, unknown], keys: ['val/accuracy'] });
    assert.deepEqual([missing.status, missing.body.code], [404, 'not-found']);
    assert.match(missing.body.detail ?? '', /dead/);
    const jobs = await Promise.all(Array.from({ length: 41 }, () => jobWith({}, [1])));
    const large = await compare({ jobs, keys: ['val/accuracy'], numPoints: 5000 });
    assert.deepEqual([large.status, large.body.code], [400, 'invalid-request']);
    assert.match(large.body.detail ?? '', /205000.*200000/);
  });
});
