/**
 * @file T17: random commands, legal and illegal, to jobs that need one another. After each the database is what a model
 * in memory says; what is illegal is refused and changes nothing.
 *
 * `CRUCIBLE_T17_SEQUENCES` and `CRUCIBLE_T17_SEED` set how many sequences, and which.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { CrucibleError, type EndCode, type JobState, legalActions, type Outcome } from '@crucible/contracts';
import type { AttemptFence } from '@crucible/store';
import { withDatabase } from '../support/database.ts';
import { JobModel, type ModelEdge, type ModelJob } from '../support/job-model.ts';
import { dispatchAll, newJob, newWorker } from '../support/running-attempt.ts';
import { seededRandom } from '../support/seeded-random.ts';

const { store, sql } = await withDatabase();

const NUM_SEQUENCES = Number(process.env.CRUCIBLE_T17_SEQUENCES ?? 20);
const SEED = Number(process.env.CRUCIBLE_T17_SEED ?? 20);
const NUM_JOBS = 3;
const NUM_COMMANDS = 60;
const OPERATOR = newJob().userId;

const FAILURES = ['method-error', 'child-killed', 'checkpoint-corrupt', 'non-finite', 'out-of-memory'] as const;
const ASKED = ['canceled', 'paused', 'preempted'] as const;
const SLOTS = Array.from(
  { length: 1000 },
  (_, index) => ({ index, kind: 'cpu', model: 'test', memoryMib: null }) as const,
);
/** With room for all: capacity is tested elsewhere. */
const WORKERS = await Promise.all(
  Array.from({ length: 4 }, async () => (await store.workers.register(newWorker({ slots: SLOTS }))).workerId),
);

/** Everything random about a command, drawn before it is known whether it is legal. */
interface Draw {
  failure: EndCode;
  asked: (typeof ASKED)[number];
  worker: number;
}

interface Last extends AttemptFence {
  isEnded: boolean;
  outcome: Outcome | null;
}

interface Command {
  /** how often it is drawn, against the others */
  weight: number;
  expect(model: JobModel, job: ModelJob, draw: Draw): boolean;
  /** Returns false, or throws a refusal, when the store did nothing. */
  carryOut(jobId: string, last: Last, draw: Draw): Promise<boolean>;
  /** the outcome that a repeat of a finish says again */
  repeats?(draw: Draw): Outcome;
}

const finish = (last: Last, outcome: 'succeeded' | 'failed' | (typeof ASKED)[number], endCode: EndCode) =>
  store.attempts
    .finish({ ...last, outcome, endCode, detail: null, summary: null, streams: { metrics: 0, logs: 0 } })
    .then(() => true);

/** A repair pass that has not been blind, whatever this test spends its time with. */
async function reconcile() {
  await sql.query(`update reconcile_pass set finished_at = now(), blind_until = '-infinity'`);
  await sql.query('update worker set seen_at = now()'); // no worker is lost, however long the sequence takes
  return store.scheduling.reconcile();
}
await store.scheduling.reconcile();

const dispatchTo = async (worker: number, jobId: string, at: number): Promise<boolean> =>
  (await dispatchAll(store, [{ jobId, version: at, workerId: WORKERS[worker] ?? '', tier: 'normal' }])).length === 1;
const version = async (jobId: string): Promise<number> => (await store.jobs.get(jobId)).version;

const COMMANDS: Record<string, Command> = {
  dispatch: {
    weight: 3,
    expect: (model, job, { worker }) => model.dispatch(job, worker),
    async carryOut(jobId, _, { worker }) {
      await sql.query('update job set not_before = null where id = $1', [jobId]); // pauses are tested elsewhere
      return dispatchTo(worker, jobId, await version(jobId));
    },
  },
  'stale-dispatch': {
    weight: 1,
    expect: () => false,
    carryOut: async (jobId, _, { worker }) => dispatchTo(worker, jobId, (await version(jobId)) - 1),
  },
  claim: {
    weight: 3,
    expect: (model, job, { worker }) => model.claim(job, worker),
    async carryOut(_, last, { worker }) {
      const claimed = await store.attempts.claim({ ...last, workerId: WORKERS[worker] ?? '', slots: [0] });
      // no lease ends by itself, however long the sequence takes
      await sql.query(`update attempt set lease_until = now() + interval '1 day' where state = 'running'`);
      return claimed !== null;
    },
  },
  run: {
    weight: 16,
    expect: (model, job, { worker }) => model.dispatch(job, worker) && model.claim(job, worker),
    async carryOut(jobId, _, draw) {
      const isDispatched = await COMMANDS.dispatch?.carryOut(jobId, await lastOf(jobId), draw);
      return isDispatched === true && (await COMMANDS.claim?.carryOut(jobId, await lastOf(jobId), draw)) === true;
    },
  },
  succeed: {
    weight: 1,
    expect: (model, job) => model.end(job, 'succeeded', 'ok'),
    carryOut: (_, last) => finish(last, 'succeeded', 'ok'),
    repeats: () => 'succeeded',
  },
  fail: {
    weight: 3,
    expect: (model, job, { failure }) => model.end(job, 'failed', failure),
    carryOut: (_, last, { failure }) => finish(last, 'failed', failure),
    repeats: () => 'failed',
  },
  obey: {
    weight: 3,
    expect: (model, job, { asked }) => model.end(job, asked, asked),
    carryOut: (_, last, { asked }) => finish(last, asked, asked),
    repeats: ({ asked }) => asked,
  },
  release: {
    weight: 1,
    expect: (model, job) => model.end(job, 'released', 'drained'),
    carryOut: (_, last) => store.attempts.release(last).then(() => true),
    repeats: () => 'released',
  },
  lose: {
    weight: 12,
    expect: (model, job) => model.end(job, 'lost', 'worker-lost'),
    async carryOut(_, { attemptId }) {
      await sql.query(
        `update attempt set lease_until = now() - interval '1 second' where id = $1 and state = 'running'`,
        [attemptId],
      );
      return (await reconcile()).lost === 1;
    },
  },
  preempt: {
    weight: 1,
    expect: (model, job) => model.preempt(job),
    async carryOut(jobId) {
      const { rowCount } = await sql.query(
        `update job set state = 'stopping', stop_intent = 'preempt', stop_deadline = now(), version = version + 1
         where id = $1 and state = 'running'`,
        [jobId],
      );
      return rowCount === 1;
    },
  },
  pause: {
    weight: 1,
    expect: (model, job) => model.pause(job),
    carryOut: (jobId) => store.jobs.pause(jobId).then(() => true),
  },
  resume: {
    weight: 4,
    expect: (model, job) => model.resume(job),
    carryOut: (jobId) => store.jobs.resume(jobId).then(() => true),
  },
  cancel: {
    weight: 1,
    expect: (model, job) => model.cancel(job),
    carryOut: (jobId) => store.jobs.cancel(jobId).then(() => true),
  },
  kill: {
    weight: 1,
    expect: (model, job) => model.kill(job),
    carryOut: (jobId) => store.jobs.kill(jobId).then(() => true),
  },
  retry: {
    weight: 3,
    expect: (model, job) => model.retry(job, false),
    carryOut: (jobId) => store.jobs.retry(jobId).then(() => true),
  },
  'retry by an operator': {
    weight: 2,
    expect: (model, job) => model.retry(job, true),
    carryOut: (jobId) => store.jobs.retry(jobId, undefined, OPERATOR).then(() => true),
  },
  'queue-timeout': {
    weight: 1,
    expect: (model, job) => model.queueTimeout(job),
    async carryOut(jobId) {
      await sql.query(
        `update job set queued_at = queued_at - interval '2 hours', not_before = null,
           limits = limits || '{"maxQueueSeconds": 3600}' where id = $1`,
        [jobId],
      );
      const { late } = await reconcile();
      await sql.query(
        `update job set queued_at = now(), limits = limits || '{"maxQueueSeconds": null}' where id = $1`,
        [jobId],
      );
      return late === 1;
    },
  },
  'run-timeout': {
    weight: 1,
    expect: (model, job) => model.runTimeout(job),
    async carryOut(jobId, { attemptId }) {
      const move = (by: string) =>
        sql.query(`update attempt set claimed_at = claimed_at + $2::interval where id = $1 and state = 'running'`, [
          attemptId,
          by,
        ]);
      await move('-2 hours');
      await sql.query(`update job set limits = limits || '{"maxRunSeconds": 3600}' where id = $1`, [jobId]);
      const { late } = await reconcile();
      await sql.query(`update job set limits = limits || '{"maxRunSeconds": null}' where id = $1`, [jobId]);
      await move('2 hours');
      return late === 1;
    },
  },
};

const NAMES = Object.entries(COMMANDS).flatMap(([name, { weight }]) => Array.from({ length: weight }, () => name));
const REFUSALS = new Set(['illegal-transition', 'stale-fence', 'forbidden']);

/** What of the jobs may only change by a command. */
const rowsOf = async (ids: readonly string[]) =>
  (
    await sql.query(
      `select j.id, j.state, j.end_code, j.stop_intent, j.stop_code, j.attempt_count, j.version, j.fence,
         (select coalesce(json_agg(state order by number), '[]') from attempt a
          where a.job_id = j.id and a.state <> 'ended') as live,
         (select coalesce(json_agg(n.is_met order by n.needs_job_id), '[]') from job_need n where n.job_id = j.id) as met,
         j.waiting->'blocking' as blocking
       from job j where j.id = any($1::uuid[]) order by array_position($1::uuid[], j.id)`,
      [ids],
    )
  ).rows;

async function lastOf(jobId: string): Promise<Last> {
  const { rows } = await sql.query(
    'select id, fence, state, outcome from attempt where job_id = $1 order by number desc limit 1',
    [jobId],
  );
  const [row] = rows;
  return row === undefined
    ? { attemptId: jobId, fence: 1, isEnded: false, outcome: null }
    : { attemptId: row.id, fence: row.fence, isEnded: row.state === 'ended', outcome: row.outcome };
}

it('moves jobs as a model in memory does, for random commands, legal and illegal', async () => {
  const draw = seededRandom(SEED);
  const pick = <T>(list: readonly T[]): T => list[draw(list.length)] as T;
  const seen = { states: new Set<JobState>(), codes: new Set<EndCode | null>() };
  for (let sequence = 0; sequence < NUM_SEQUENCES; sequence++) {
    const model = new JobModel();
    const ids: string[] = [];
    const history: string[] = [];
    for (let i = 0; i < NUM_JOBS; i++) {
      const edges = ids.flatMap((_, needs): ModelEdge[] =>
        draw(3) === 0 ? [] : [{ needs, on: pick(['success', 'end']), isMet: false }],
      );
      const maxFailures = draw(3);
      const isPaused = draw(6) === 0;
      const needs = edges.map((edge) => ({ job: ids[edge.needs] ?? '', on: edge.on }));
      const { value } = await store.jobs.submit(newJob({ needs, maxFailures, isPaused }));
      ids.push(value.id);
      model.submit(edges, maxFailures, isPaused);
      history.push(`submit ${i} ${JSON.stringify({ edges, maxFailures, isPaused })}`);
    }
    for (let i = 0; i < NUM_COMMANDS; i++) {
      const index = draw(NUM_JOBS);
      const jobId = ids[index] ?? '';
      const job = model.jobs[index] as ModelJob;
      const name = pick(NAMES);
      const command = COMMANDS[name] as Command;
      const drawn: Draw = { failure: pick(FAILURES), asked: pick(ASKED), worker: draw(WORKERS.length) };
      const last = await lastOf(jobId);
      const isRepeat = last.isEnded && command.repeats?.(drawn) === last.outcome;
      const before = await rowsOf(ids);
      const isExpected = command.expect(model, job, drawn);
      const isDone = await command.carryOut(jobId, last, drawn).catch((error) => {
        if (error instanceof CrucibleError && REFUSALS.has(error.code)) return false;
        throw error;
      });
      history.push(
        `${name} ${index} ${name === 'fail' ? drawn.failure : name === 'obey' ? drawn.asked : ''}: ${isDone}`,
      );
      const told = `seed ${SEED}, sequence ${sequence}\n${history.join('\n')}`;
      const now = await rowsOf(ids);
      // a repeated finish is answered, not refused, and changes nothing
      if (!isRepeat) assert.equal(isDone, isExpected, told);
      if (!isExpected) assert.deepEqual(now, before, told);
      assert.deepEqual(
        now.map((row) => [
          row.state,
          row.end_code,
          row.stop_intent,
          row.stop_code,
          row.attempt_count,
          row.live,
          row.met,
        ]),
        model.jobs.map((each) => [
          each.state,
          each.endCode,
          each.intent,
          each.limit,
          each.attempts,
          each.live === null ? [] : [each.live],
          each.edges.map(({ isMet }) => isMet),
        ]),
        told,
      );
      for (const [at, each] of model.jobs.entries()) {
        seen.states.add(each.state);
        seen.codes.add(each.endCode);
        const open = each.edges.filter(({ isMet }) => !isMet).map(({ needs }) => ids[needs]);
        if (each.state === 'blocked') assert.deepEqual(now[at].blocking, open.sort(), told);
      }
    }
    for (const [at, id] of ids.entries()) {
      const view = await store.jobs.get(id);
      const each = model.jobs[at] as ModelJob;
      assert.deepEqual(view.actions, legalActions(each.state, each.intent));
    }
  }
  if (NUM_SEQUENCES < 20) return; // too few to say
  assert.equal(seen.states.size, 8, `the sequences reached every state, not only ${[...seen.states]}`);
  for (const code of ['poison', 'dependency-failed', 'run-timeout', 'queue-timeout', 'method-error'] as const)
    assert.ok(seen.codes.has(code), `no job ended with ${code}`);
});
