import type { JobView } from '@crucible/contracts';
import type { ClaimedJob } from '@crucible/store';
import { atMost, type Row } from './row.ts';
import { startHeartbeat, startSimulatedWorker } from './simulated-worker.ts';
import { percentile, waitFor } from './timing.ts';

const COUNT = 40;

/** From the answer to a submit until an idle worker has claimed the job; without the start of a process. */
export const submitToRunning: Row = async (setting) => {
  const pool = 'bench-start';
  const claimedAt = new Map<string, number>();
  const running: ClaimedJob[] = [];
  const worker = await startSimulatedWorker(setting, pool, 4, (claimed) => {
    claimedAt.set(claimed.jobId, performance.now());
    running.push(claimed);
  });
  const beats = startHeartbeat(setting, worker.workerId, () => running);
  const times: number[] = [];
  for (let i = 0; i < COUNT; i++) {
    const sentAt = performance.now();
    const body = { method: 'zen-nas', resources: { pool, slots: 1 } };
    const { id } = await setting.call<JobView>('POST', '/v1/jobs', body);
    const at = await waitFor('a claim', () => claimedAt.get(id));
    times.push(at - sentAt);
    const attempt = running.pop();
    if (attempt !== undefined) await finish(setting.store, attempt);
  }
  beats.stop();
  await worker.kill();
  await setting.store.workers.deregister(worker.workerId);
  return [
    atMost('submitToRunning.p50Ms', percentile(times, 0.5), 150),
    atMost('submitToRunning.p95Ms', percentile(times, 0.95), 500),
  ];
};

const finish = (store: Parameters<Row>[0]['store'], { attemptId, fence }: ClaimedJob) =>
  store.attempts.finish({
    attemptId,
    fence,
    outcome: 'succeeded',
    endCode: 'ok',
    detail: null,
    summary: {},
    streams: { metrics: 0, logs: 0 },
  });

/** From the last sign of a worker that is killed until another one runs its job. */
export const recovery: Row = async (setting) => {
  const pool = 'bench-recovery';
  const claims: { claimed: ClaimedJob; workerId: string; at: number }[] = [];
  const onClaim = (claimed: ClaimedJob, workerId: string) => {
    claims.push({ claimed, workerId, at: performance.now() });
  };
  const first = await startSimulatedWorker(setting, pool, 1, onClaim);
  await setting.call('POST', '/v1/jobs', { method: 'zen-nas', resources: { pool, slots: 1 } });
  const lost = await waitFor('the first claim', () => claims[0]);
  const beats = startHeartbeat(setting, first.workerId, () => [lost.claimed]);
  await beats.first;
  const killedAt = performance.now();
  beats.stop();
  await first.kill();
  const second = await startSimulatedWorker(setting, pool, 1, onClaim);
  // A worker that idles sends heartbeats, too; without them it would count as lost as well.
  const idle = startHeartbeat(setting, second.workerId, () => []);
  const next = await waitFor(
    'another claim',
    () => claims.find(({ workerId }) => workerId === second.workerId),
    120_000,
  );
  idle.stop();
  await finish(setting.store, next.claimed);
  await second.kill();
  await setting.store.workers.deregister(second.workerId);
  return [atMost('recovery.seconds', (next.at - killedAt) / 1000, 40)];
};
