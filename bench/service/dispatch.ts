import { atLeast, type Row } from './row.ts';
import { startHeartbeat, startSimulatedWorker } from './simulated-worker.ts';
import { timed, waitFor } from './timing.ts';

const QUEUED = 10_000;
const SLOTS = 200;

/** How fast the leader fills two hundred free slots from ten thousand queued jobs. */
export const dispatch: Row = async (setting) => {
  const pool = 'bench-dispatch';
  await setting.sql.query('update team set max_queued = 1000000');
  for (let at = 0; at < QUEUED; at += 1000) {
    const jobs = Array.from({ length: 1000 }, () => ({ method: 'zen-nas', resources: { pool, slots: 1 } }));
    await setting.call('POST', '/v1/job-batches', { jobs });
  }
  const numStarted = async (): Promise<number> => {
    const { rows } = await setting.sql.query<{ num: string }>(
      'select count(*) as num from attempt a join job j on j.id = a.job_id where j.pool = $1',
      [pool],
    );
    return Number(rows[0]?.num);
  };
  let workerId = '';
  let stopBeats = (): void => {};
  const wholeMs = await timed(async () => {
    const worker = await startSimulatedWorker(setting, pool, SLOTS, () => {});
    workerId = worker.workerId;
    stopBeats = startHeartbeat(setting, workerId, () => []).stop;
    await waitFor('every slot to be filled', async () => (await numStarted()) >= SLOTS);
    await worker.kill();
  });
  stopBeats();
  await setting.sql.query(
    `update job set state = 'canceled', ended_at = now(), end_code = 'canceled', waiting = null
    where pool = $1 and state = 'queued'`,
    [pool],
  );
  await setting.store.workers.deregister(workerId);
  await setting.sql.query(
    `update job set state = 'canceled', ended_at = now(), end_code = 'canceled', waiting = null
    where pool = $1 and state = 'queued'`,
    [pool],
  );
  return [atLeast('dispatch.perSecond', (1000 * SLOTS) / wholeMs, 200)];
};
