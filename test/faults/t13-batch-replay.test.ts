/** @file T13: batches of points that are sent again, out of order or with gaps leave exactly what was reported. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { fits, type MetricReceipt, type PointsView, type Problem, MetricReceipt as Receipt } from '@crucible/contracts';
import { type Answer, runApi } from '../support/running-api.ts';
import { claim, startJob } from '../support/running-attempt.ts';
import { seededRandom } from '../support/seeded-random.ts';

const SEEDS = [1, 2, 3, 4];
const BATCHES = 25;
const KEYS = ['train/loss', 'val/accuracy', 'lr'];

const api = await runApi({ leads: false });
after(() => api.close());

interface Sent {
  keys: string[];
  series: number[];
  steps: number[];
  values: number[];
  times: number[];
}

const batchOf = (draw: (below: number) => number, number: number): Sent => {
  const length = draw(60);
  return {
    keys: KEYS,
    series: Array.from({ length }, () => draw(KEYS.length)),
    steps: Array.from({ length }, (_, i) => number * 60 + i),
    values: Array.from({ length }, () => draw(1000) / 8),
    times: Array.from({ length }, (_, i) => 1e12 + i),
  };
};

type Receiver = (sequence: number, batch: Sent) => Promise<Answer<MetricReceipt & Problem & { expected?: number }>>;

const receiver =
  (jobId: string, number: number, fence: number): Receiver =>
  (sequence, batch) =>
    api.post(`/v1/jobs/${jobId}/attempts/${number}/metrics`, { fence, sequence, ...batch });

/** Everything that is stored of a job, as lines. */
async function stored(jobId: string): Promise<string[]> {
  const { rows } = await api.sql.query(
    `select s.key, p.step, p.attempt, p.value from metric_point p join series s on s.id = p.series_id where s.job_id = $1`,
    [jobId],
  );
  return rows.map((row) => `${row.key} ${row.step} ${row.attempt} ${row.value}`).sort();
}

const linesOf = (batches: readonly Sent[], attempt: number): string[] =>
  batches
    .flatMap(({ keys, series, steps, values }) =>
      steps.map((step, i) => `${keys[series[i] ?? 0]} ${step} ${attempt} ${values[i]}`),
    )
    .sort();

describe('T13', () => {
  for (const seed of SEEDS)
    it(`stores exactly what was reported, whatever is repeated, reordered or skipped (seed ${seed})`, async () => {
      const draw = seededRandom(seed);
      const { job, attempt } = await startJob(api.store);
      const send = receiver(job.id, attempt.number, attempt.fence);
      const batches = Array.from({ length: BATCHES }, (_, i) => batchOf(draw, i));
      let next = 1;
      let numRepeats = 0;
      let numGaps = 0;
      while (next <= BATCHES) {
        const sequence = Math.max(1, next - 3 + draw(7));
        const copies = 1 + draw(3);
        const batch = batches[sequence - 1] ?? batchOf(draw, 0);
        const answers = await Promise.all(Array.from({ length: copies }, () => send(sequence, batch)));
        for (const { status, body } of answers) {
          if (sequence <= next) {
            assert.equal(status, 200);
            assert.ok(fits(Receipt, body));
            assert.equal(body.nextSequence, sequence + 1);
          } else {
            assert.deepEqual([status, body.code], [409, 'sequence-gap']);
            assert.equal(body.expected, next);
            numGaps += 1;
          }
        }
        const numStored = answers.filter(({ status, body }) => status === 200 && !body.isDuplicate).length;
        assert.equal(numStored, sequence === next ? 1 : 0);
        numRepeats += answers.filter(({ status }) => status === 200).length - numStored;
        if (sequence === next) next += 1;
        assert.deepEqual(await stored(job.id), linesOf(batches.slice(0, next - 1), 1));
      }
      assert.ok(numRepeats > 5 && numGaps > 5, `${numRepeats} repeats, ${numGaps} gaps`);
    });

  it('refuses a batch whose attempt was replaced, also one it had stored, and says which attempt owns nothing', async () => {
    const { job, attempt, workerId } = await startJob(api.store);
    const draw = seededRandom(9);
    const first = batchOf(draw, 0);
    const old = receiver(job.id, 1, attempt.fence);
    assert.equal((await old(1, first)).status, 200);
    await api.store.attempts.release(attempt);
    const second = await claim(api.store, job.id, workerId);
    for (const sequence of [1, 2]) {
      const { status, body } = await old(sequence, first);
      assert.deepEqual([status, body.code], [409, 'stale-fence']);
    }
    assert.equal((await receiver(job.id, 2, attempt.fence)(1, first)).body.code, 'stale-fence');
    assert.deepEqual((await receiver(job.id, 2, second.fence)(1, first)).body, { isDuplicate: false, nextSequence: 2 });
    assert.deepEqual(await stored(job.id), [...linesOf([first], 1), ...linesOf([first], 2)].sort());
  });

  it('names the first fault of a batch that cannot be stored and stores nothing of it', async () => {
    const { job, attempt } = await startJob(api.store);
    const send = receiver(job.id, 1, attempt.fence);
    const good = { keys: ['a'], series: [0], steps: [1], values: [1], times: [0] };
    const badKey = await send(1, { ...good, keys: ['a b'] });
    assert.equal(badKey.status, 400);
    assert.match(JSON.stringify(badKey.body), /a b/);
    assert.equal((await send(1, { ...good, series: [3] })).body.code, 'invalid-request');
    const many = Array.from({ length: 5001 }, (_, i) => i);
    const tooMany = { keys: ['a'], series: many.map(() => 0), steps: many, values: many, times: many };
    assert.equal((await send(1, tooMany)).body.code, 'payload-too-large');
    const keys = Array.from({ length: 2001 }, (_, i) => `m/${String(i).padStart(4, '0')}`);
    const wide = {
      keys,
      series: keys.map((_, i) => i),
      steps: keys.map(() => 1),
      values: keys.map(() => 1),
      times: keys.map(() => 0),
    };
    const tooWide = await send(1, wide);
    assert.deepEqual([tooWide.status, tooWide.body.code], [422, 'too-many-series']);
    assert.match(tooWide.body.detail ?? '', /m\/2000/);
    assert.deepEqual(await stored(job.id), []);
    assert.equal((await send(1, good)).status, 200);
    const { body } = await api.get<PointsView>(`/v1/jobs/${job.id}/metrics/points?key=a`);
    assert.deepEqual([body.steps, body.values], [[1], [1]]);
  });
});
