import { type Comparison, MAX_COMPARED_POINTS, type PointsView } from '@crucible/contracts';
import { atMost, type Row } from './row.ts';
import { KEY, seedCurve } from './seeded-curves.ts';
import { percentile, timesOf, waitFor } from './timing.ts';

const NUM_POINTS = 1_000_000;
const COMPARED_JOBS = 50;

/** One curve of a million points, thinned to a thousand, whole and at ranges that nobody asked for before. */
export const chart: Row = async (setting) => {
  const id = await seedCurve(setting, NUM_POINTS);
  const read = async (range: string): Promise<void> => {
    const path = `/v1/jobs/${id}/metrics/points?key=${encodeURIComponent(KEY)}&maxPoints=1000${range}`;
    const { steps } = await setting.call<PointsView>('GET', path);
    if (steps.length < 500 || steps.length > 1000) throw new Error(`the chart has ${steps.length} points`);
  };
  const whole = await timesOf(60, 1, () => read(''));
  const zoomed = await timesOf(60, 1, (i) => read(`&from=${i * 5000}&to=${i * 5000 + 20_000 * (1 + (i % 30))}`));
  return [
    atMost('chart.p95Ms', percentile(whole, 0.95), 50),
    { name: 'chart.p50Ms', value: percentile(whole, 0.5), target: null },
    { name: 'chartZoomed.p95Ms', value: percentile(zoomed, 0.95), target: { atMost: 50 } },
  ];
};

/** Fifty jobs side by side, each of five hundred points and of its own, then in groups. */
export const compare: Row = async (setting) => {
  const jobs: string[] = [];
  for (let i = 0; i < COMPARED_JOBS; i++) jobs.push(await seedCurve(setting, 500));
  const query = async (groupBy: object): Promise<void> => {
    const { data } = await setting.call<Comparison>('POST', '/v1/metrics/query', { jobs, keys: [KEY], ...groupBy });
    const num = data.reduce((sum, { steps }) => sum + steps.length, 0);
    if (num === 0 || num > MAX_COMPARED_POINTS) throw new Error(`the comparison has ${num} points`);
  };
  const alone = await timesOf(30, 1, () => query({}));
  const grouped = await timesOf(30, 1, () => query({ groupBy: 'search.population' }));
  return [
    atMost('compare.p95Ms', percentile(alone, 0.95), 150),
    { name: 'compareGrouped.p95Ms', value: percentile(grouped, 0.95), target: { atMost: 150 } },
  ];
};

/** A claim of a job that has reported a million points: its series is summed up anew through the mask. */
export const claimLong: Row = async (setting) => {
  const id = await seedCurve(setting, NUM_POINTS);
  await setting.sql.query(
    `update job set pool = 'bench-claim', attempt_count = 1, fence = 1, version = version + 1 where id = $1`,
    [id],
  );
  const { workerId } = await setting.store.workers.register({
    name: `bench-claim-${id}`,
    host: 'bench',
    pool: 'bench-claim',
    version: '0',
    engine: { name: 'cpu', device: 'cpu', threads: 1, isa: '', versions: {}, reasons: [] },
    slots: [{ index: 0, kind: 'cpu', model: 'none', memoryMib: null }],
    bootId: id,
  });
  return claimTimes(setting, id, workerId);
};

async function claimTimes({ sql, store }: Parameters<Row>[0], jobId: string, workerId: string): ReturnType<Row> {
  // The leader dispatches as soon as the worker is there; here only the claim itself is timed.
  const attempt = await waitFor('the dispatch of the job', async () => {
    const { rows } = await sql.query<{ id: string; fence: number }>(
      `select id, fence from attempt where job_id = $1 and state = 'dispatched'`,
      [jobId],
    );
    return rows[0];
  });
  const start = performance.now();
  const claimed = await store.attempts.claim({ attemptId: attempt.id, fence: attempt.fence, workerId, slots: [0] });
  const claimMs = performance.now() - start;
  if (claimed === null) throw new Error('the attempt could not be claimed');
  await store.workers.deregister(workerId);
  await sql.query(
    `update job set state = 'canceled', ended_at = now(), end_code = 'canceled' where id = $1 and state = 'queued'`,
    [jobId],
  );
  return [{ name: 'claimOfMillionPoints.ms', value: claimMs, target: { atMost: 250 } }];
}
