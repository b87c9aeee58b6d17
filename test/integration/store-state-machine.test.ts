import assert from 'node:assert/strict';
import { it } from 'node:test';
import { CrucibleError, END_CODES, type EndCode, type JobState, legalActions } from '@crucible/contracts';
import type { AttemptFence } from '@crucible/store';
import { withDatabase } from '../support/database.ts';
import { dispatchAll, newJob, newWorker } from '../support/running-attempt.ts';
import { seededRandom } from '../support/seeded-random.ts';

const { store, sql } = await withDatabase();

const NUM_SEQUENCES = 40;
const NUM_COMMANDS = 30;

/** What a job should be, in a few variables and none of the store's code. */
interface Model {
  state: JobState;
  endCode: EndCode | null;
  attempts: number;
  /** the attempt that is dispatched or running */
  live: 'dispatched' | 'running' | null;
  /** ends since the last retry by a user, by code */
  spent: Map<EndCode, number>;
}

const FAILURES = ['method-error', 'child-killed', 'checkpoint-corrupt', 'non-finite'] as const;
const COMMANDS = [
  'dispatch',
  'dispatch',
  'claim',
  'claim',
  'succeed',
  'fail',
  'fail',
  'confirm-cancel',
  'release',
  'lose',
  'cancel',
  'retry',
  'retry',
  'stale-dispatch',
] as const;
type Command = (typeof COMMANDS)[number];

/** Moves the model; returns false when the command must be refused or change nothing. */
function expect(model: Model, command: Command, failure: EndCode): boolean {
  const end = (state: JobState, endCode: EndCode) => Object.assign(model, { state, endCode, live: null });
  const endTry = (code: EndCode) => {
    const spent = (model.spent.get(code) ?? 0) + 1;
    model.spent.set(code, spent);
    const isAgain = spent <= END_CODES[code].retries;
    if (model.state === 'stopping' && isAgain) end('canceled', 'canceled');
    else if (isAgain) Object.assign(model, { state: 'queued', live: null });
    else end('failed', code);
  };
  switch (command) {
    case 'dispatch':
      if (model.state !== 'queued' || model.live !== null) return false;
      Object.assign(model, { live: 'dispatched', attempts: model.attempts + 1 });
      return true;
    case 'claim':
      if (model.live !== 'dispatched') return false;
      Object.assign(model, { live: 'running', state: 'running' });
      return true;
    case 'succeed':
      if (model.live !== 'running') return false;
      end('succeeded', 'ok');
      return true;
    case 'fail':
      if (model.live !== 'running') return false;
      endTry(failure);
      return true;
    case 'lose':
      if (model.live !== 'running') return false;
      endTry('worker-lost');
      return true;
    case 'release':
      if (model.live !== 'running') return false;
      endTry('drained');
      return true;
    case 'confirm-cancel':
      if (model.state !== 'stopping') return false;
      end('canceled', 'canceled');
      return true;
    case 'cancel':
      if (model.state === 'queued') {
        model.spent.set('canceled', 1);
        end('canceled', 'canceled');
      } else if (model.state === 'running') model.state = 'stopping';
      else if (model.state !== 'stopping') return false;
      return true;
    case 'retry':
      if (model.state !== 'failed' && model.state !== 'canceled') return false;
      Object.assign(model, { state: 'queued', endCode: null, spent: new Map() });
      return true;
    case 'stale-dispatch':
      return false;
  }
}

const slots = Array.from({ length: 1000 }, (_, index) => ({
  index,
  kind: 'cpu' as const,
  model: 'test',
  memoryMib: null,
}));
const { workerId } = await store.workers.register(newWorker({ slots })); // room for all: capacity is tested elsewhere
const place = { workerId, tier: 'normal' } as const;

/** Carries a command out; returns false when the store refused it or did nothing. */
async function carryOut(jobId: string, command: Command, failure: EndCode, last: AttemptFence): Promise<boolean> {
  const finish = { ...last, detail: null, summary: null, streams: { metrics: 0, logs: 0 } };
  const { version } = await store.jobs.get(jobId);
  switch (command) {
    case 'dispatch':
      await sql.query('update job set not_before = null where id = $1', [jobId]); // pauses are tested elsewhere
      return (await dispatchAll(store, [{ ...place, jobId, version }])).length === 1;
    case 'stale-dispatch':
      return (await dispatchAll(store, [{ ...place, jobId, version: version - 1 }])).length === 1;
    case 'claim':
      return (await store.attempts.claim({ ...last, workerId, slots: [0] })) !== null;
    case 'succeed':
      await store.attempts.finish({ ...finish, outcome: 'succeeded', endCode: 'ok' });
      return true;
    case 'fail':
      await store.attempts.finish({ ...finish, outcome: 'failed', endCode: failure });
      return true;
    case 'confirm-cancel':
      await store.attempts.finish({ ...finish, outcome: 'canceled', endCode: 'canceled' });
      return true;
    case 'release':
      await store.attempts.release(last);
      return true;
    case 'lose':
      await sql.query(
        `update attempt set lease_until = now() - interval '1 second' where id = $1 and state = 'running'`,
        [last.attemptId],
      );
      return (await store.scheduling.reconcile()).lost === 1;
    case 'cancel':
      await store.jobs.cancel(jobId);
      return true;
    case 'retry':
      await store.jobs.retry(jobId);
      return true;
  }
}

const REFUSALS = new Set(['illegal-transition', 'stale-fence']);

it('moves jobs as a model in memory does, for random commands, legal and illegal', async () => {
  const draw = seededRandom(20);
  const pick = <T>(list: readonly [T, ...T[]]): T => list[draw(list.length)] ?? list[0];
  const seen = new Map<JobState, number>();
  for (let sequence = 0; sequence < NUM_SEQUENCES; sequence++) {
    const { value: job } = await store.jobs.submit(newJob());
    const model: Model = { state: 'queued', endCode: null, attempts: 0, live: null, spent: new Map() };
    const history: string[] = [];
    for (let i = 0; i < NUM_COMMANDS; i++) {
      const command = pick(COMMANDS);
      const failure = pick(FAILURES);
      const last = (await store.attempts.list(job.id)).at(-1);
      const fence = last?.number ?? 1; // of a job without cancels in between, the fence counts its dispatches
      const attempt = { attemptId: last?.id ?? job.id, fence };
      const before = await store.jobs.get(job.id);
      const wasRepeat = last?.state === 'ended' && isRepeat(command, last.outcome);
      const isExpected = expect(model, command, failure);
      let isDone: boolean;
      try {
        isDone = await carryOut(job.id, command, failure, attempt);
      } catch (error) {
        if (!(error instanceof CrucibleError && REFUSALS.has(error.code))) throw error;
        isDone = false;
      }
      history.push(`${command}${command === 'fail' ? `(${failure})` : ''}: ${isDone}`);
      const now = await store.jobs.get(job.id);
      const told = history.join('\n');
      // a repeated finish is answered, not refused, and changes nothing
      if (wasRepeat) assert.deepEqual(now, before, told);
      else assert.equal(isDone, isExpected, told);
      if (!isExpected) assert.deepEqual(now, before, told);
      assert.deepEqual(
        [now.state, now.endCode, now.attempts, now.actions],
        [model.state, model.endCode, model.attempts, legalActions(model.state)],
        told,
      );
      seen.set(now.state, (seen.get(now.state) ?? 0) + 1);
    }
    const live = (await store.attempts.list(job.id)).filter((view) => view.state !== 'ended');
    assert.equal(live.length, model.live === null ? 0 : 1, history.join('\n'));
  }
  assert.equal(seen.size, 6, 'the sequences reached every state');
});

/** True when `command` says again how the attempt ended. */
const isRepeat = (command: Command, outcome: string | null): boolean =>
  (command === 'succeed' && outcome === 'succeeded') ||
  (command === 'fail' && outcome === 'failed') ||
  (command === 'confirm-cancel' && outcome === 'canceled') ||
  (command === 'release' && outcome === 'released');
