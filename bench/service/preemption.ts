import { isTerminal, type JobView } from '@crucible/contracts';
import { withRealWorker } from './real-worker.ts';
import { atMost, type Row } from './row.ts';
import { median, waitFor } from './timing.ts';

const ROUNDS = 3;
const GRACE_SECONDS = 60;
/** Beside the step under way and the checkpoint, which take milliseconds for this network. */
const TARGET_SECONDS = 5;
const TRAINING = {
  dataset: { name: 'fashion-mnist' },
  structure: 'SuperConvK3BNRELU(1,16,2,1)SuperResK3K3(16,32,2,16,1)SuperConvK1BNRELU(32,64,1,1)',
  training: { epochs: 200, batchSize: 64 },
};

/** From the decision to preempt a training until its slot is free, its checkpoint stored and its job back in the queue. */
export const preemption: Row = (setting) => {
  const { call, store } = setting;
  const pool = 'bench-preempt';
  return withRealWorker(setting, { name: pool, slots: 1 }, async () => {
    const { id } = await call<JobView>('POST', '/v1/jobs', {
      method: 'zen-nas',
      config: TRAINING,
      resources: { pool, slots: 1 },
    });
    const read = () => call<JobView>('GET', `/v1/jobs/${id}`);
    const trains = async (): Promise<boolean> => {
      const { state, progress, detail } = await read();
      if (isTerminal(state)) throw new Error(`the training is ${state}: ${detail}`);
      return state === 'running' && progress?.phase === 'train' && progress.done > 0;
    };
    const seconds: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      await waitFor('the training to be under way', trains, 120_000);
      const { rows } = await setting.sql.query<{ id: string; fence: number }>(
        `select id, fence from attempt where job_id = $1 and state = 'running'`,
        [id],
      );
      const [attempt] = rows;
      if (attempt === undefined) throw new Error('the training has no attempt');
      const start = performance.now();
      const preempt = [{ jobId: id, fence: attempt.fence }];
      const { preempted } = await store.scheduling.apply({ dispatch: [], preempt, graceSeconds: GRACE_SECONDS });
      if (preempted.length !== 1) throw new Error('the training was not preempted');
      await waitFor('the slot to be free', async () => {
        const ended = await setting.sql.query('select outcome from attempt where id = $1 and ended_at is not null', [
          attempt.id,
        ]);
        return ended.rowCount === 1;
      });
      seconds.push((performance.now() - start) / 1000);
    }
    await call('POST', `/v1/jobs/${id}/cancel`);
    await waitFor('the training to end', async () => isTerminal((await read()).state), 60_000);
    return [atMost('preemption.seconds', median(seconds), TARGET_SECONDS)];
  });
};
