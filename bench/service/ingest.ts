import type { JobView } from '@crucible/contracts';
import type { ClaimedJob } from '@crucible/store';
import { atLeast, atMost, type Row } from './row.ts';
import { startHeartbeat, startSimulatedWorker } from './simulated-worker.ts';
import { percentile, timed, waitFor } from './timing.ts';

const WRITERS = 8;
const BATCH = 200;
const BATCHES_EACH = 100;
const SERIES = 20;

/** Points over HTTP from eight attempts at once, in batches of two hundred points of twenty metrics. */
export const ingest: Row = async (setting) => {
  const pool = 'bench-ingest';
  const running: ClaimedJob[] = [];
  const worker = await startSimulatedWorker(setting, pool, WRITERS, (claimed) => void running.push(claimed));
  const beats = startHeartbeat(setting, worker.workerId, () => running);
  for (let i = 0; i < WRITERS; i++)
    await setting.call<JobView>('POST', '/v1/jobs', { method: 'zen-nas', resources: { pool, slots: 1 } });
  await waitFor('every writer to run', () => running.length === WRITERS);

  const times: number[] = [];
  const write = async ({ jobId, number, fence }: ClaimedJob, first: number, count: number): Promise<void> => {
    for (let sequence = first; sequence < first + count; sequence++) {
      const body = { fence, sequence, ...batchOf(sequence) };
      times.push(await timed(() => setting.call('POST', `/v1/jobs/${jobId}/attempts/${number}/metrics`, body)));
    }
  };
  await Promise.all(running.map((attempt) => write(attempt, 1, 10)));
  times.length = 0;
  const wholeMs = await timed(() => Promise.all(running.map((attempt) => write(attempt, 11, BATCHES_EACH))));
  beats.stop();
  await worker.kill();
  await setting.store.workers.deregister(worker.workerId);
  await setting.sql.query(
    `update job set state = 'canceled', ended_at = now(), end_code = 'canceled', waiting = null where pool = $1`,
    [pool],
  );
  return [
    atLeast('ingest.pointsPerSecond', (1000 * WRITERS * BATCHES_EACH * BATCH) / wholeMs, 40_000),
    atMost('ingest.p99Ms', percentile(times, 0.99), 100),
  ];
};

const KEYS = Array.from({ length: SERIES }, (_, i) => `train/metric-${i}`);

const batchOf = (sequence: number) => {
  const places = Array.from({ length: BATCH }, (_, i) => i);
  const firstStep = (sequence * BATCH) / SERIES;
  return {
    keys: KEYS,
    series: places.map((i) => i % SERIES),
    steps: places.map((i) => firstStep + Math.floor(i / SERIES)),
    values: places.map((i) => Math.sin(i + sequence)),
    times: places.map((i) => 1e12 + i),
  };
};
