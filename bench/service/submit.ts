import { atLeast, atMost, type Row } from './row.ts';
import { percentile, timed, timesOf } from './timing.ts';

const COUNT = 400;
/** Two clients keep the service busy without making each other wait; eight fill it. */
const CLIENTS = { latency: 2, rate: 8 };

const body = (i: number) => ({ method: 'zen-nas', name: `bench ${i}`, resources: { pool: 'none', slots: 1 } });

/** `POST /v1/jobs`: schema, defaults, row, event, answer. */
export const submit: Row = async ({ call }) => {
  // connections, plans, and compiled code: a service that has served for some seconds
  await timesOf(COUNT, CLIENTS.latency, (i) => call('POST', '/v1/jobs', body(i)));
  const times = await timesOf(COUNT, CLIENTS.latency, (i) => call('POST', '/v1/jobs', body(i)));
  const wholeMs = await timed(() => timesOf(COUNT, CLIENTS.rate, (i) => call('POST', '/v1/jobs', body(i))));
  return [
    atMost('submit.p50Ms', percentile(times, 0.5), 8),
    atMost('submit.p95Ms', percentile(times, 0.95), 25),
    atLeast('submit.perSecond', (1000 * COUNT) / wholeMs, 250),
  ];
};

/** A thousand jobs in one request. */
export const submitBatch: Row = async ({ call }) => {
  const times: number[] = [];
  for (let round = 0; round < 5; round++) {
    const jobs = Array.from({ length: 1000 }, (_, i) => body(1000 * round + i));
    times.push(await timed(() => call('POST', '/v1/job-batches', { jobs })));
  }
  return [atMost('submitBatch1000.p50Ms', percentile(times, 0.5), 1500)];
};
