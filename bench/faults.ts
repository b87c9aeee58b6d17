/**
 * `bench faults [--rounds=20] [--seed=1] [--only=kills,tests]`: kills worker, child, API, Redis and Postgres at random
 * moments of a search and of a training, and compares what they end with, bit by bit, with a run that nobody disturbed;
 * then plays the fault tests of `test/faults`, once per round, each time with another seed.
 */
import { readdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createClient } from '@crucible/client';
import { seededRandom } from '../test/support/seeded-random.ts';
import { jobsOn } from './faults/jobs.ts';
import { differences, doublesOf, type Result, resultOf } from './faults/result.ts';
import { type Service, startService, VICTIMS, type Victim } from './faults/service.ts';
import { tellLastLine } from './last-line.ts';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: 'kills,tests' },
  },
});
const rounds = Number(options.rounds);
const firstSeed = Number(options.seed);
const parts = options.only.split(',');
if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds must be a whole number of at least 1`);

/** Longest life of a job, however often it is disturbed. */
const JOB_LIMIT_MS = 10 * 60_000;
const POLL_MS = 100;
const counts = { lost: 0, doubled: 0, diverged: 0 };
const missed: string[] = [];

const report = (what: keyof typeof counts, text: string): void => {
  counts[what] += 1;
  missed.push(text);
  console.log(`  ${what}: ${text}`);
};

async function submit(service: Service, name: string): Promise<string> {
  const client = createClient({ baseUrl: service.url, key: service.key });
  const body = jobsOn(service.dataset)[name];
  if (body === undefined) throw new Error(`no job ${name}`);
  return (await client.submit(body)).id;
}

/** Null while the database is away. */
const stateOf = async ({ store }: Service, jobId: string): Promise<string | null> =>
  store.jobs.get(jobId).then(
    ({ state }) => state,
    () => null,
  );

/** Waits for the end of a job; its state then, or at the limit. */
async function ended(service: Service, jobId: string): Promise<string | null> {
  const end = performance.now() + JOB_LIMIT_MS;
  let state: string | null = null;
  while (performance.now() < end) {
    state = await stateOf(service, jobId);
    if (state === 'succeeded' || state === 'failed' || state === 'canceled') return state;
    await delay(POLL_MS);
  }
  return state;
}

/** Runs a job that nobody disturbs, and says how long it computed. */
async function quietRun(service: Service, name: string): Promise<{ result: Result; ms: number }> {
  const jobId = await submit(service, name);
  const state = await ended(service, jobId);
  const { startedAt, endedAt, detail } = await service.store.jobs.get(jobId);
  if (state !== 'succeeded') throw new Error(`the undisturbed ${name} is ${state}: ${detail}\n${service.log()}`);
  return { result: await resultOf(service.store, jobId), ms: Date.parse(endedAt ?? '') - Date.parse(startedAt ?? '') };
}

const isOver = (state: string | null): boolean => state !== null && ['succeeded', 'failed', 'canceled'].includes(state);

/** Kills one victim after the other while the job lives, each at a random moment after the last. */
async function disturb(
  service: Service,
  jobId: string,
  quietMs: number,
  draw: (below: number) => number,
): Promise<Victim[]> {
  const victims = [...VICTIMS];
  const killed: Victim[] = [];
  while (victims.length > 0) {
    const running = async () => {
      const state = await stateOf(service, jobId);
      return isOver(state) ? 'over' : state === 'running';
    };
    let now = await running();
    while (now === false) {
      await delay(POLL_MS);
      now = await running();
    }
    if (now === 'over') break;
    await delay(draw(Math.max(1, Math.round(quietMs / 3))));
    const [victim] = victims.splice(draw(victims.length), 1);
    if (victim === undefined || (await running()) === 'over') break;
    if (await service.kill(victim)) killed.push(victim);
  }
  return killed;
}

async function playKills(): Promise<void> {
  const service = await startService();
  const kills: Record<Victim, number> = { worker: 0, child: 0, api: 0, redis: 0, postgres: 0 };
  try {
    for (const name of Object.keys(jobsOn(service.dataset))) {
      const quiet = await quietRun(service, name);
      console.log(`${name} undisturbed: ${(quiet.ms / 1000).toFixed(1)} s`);
      for (let round = 0; round < rounds; round += 1) {
        const seed = firstSeed + round;
        const where = `${name}, seed ${seed}`;
        const jobId = await submit(service, name);
        const killed = await disturb(service, jobId, quiet.ms, seededRandom(seed));
        const state = await ended(service, jobId);
        for (const victim of killed) kills[victim] += 1;
        console.log(`${where}: killed ${killed.join(', ') || 'nothing'}; ${state}`);
        if (state !== 'succeeded') {
          const { endCode, detail } = await service.store.jobs.get(jobId);
          report('lost', `${where}: the job is ${state} (${endCode}: ${detail})`);
          continue;
        }
        const found = await resultOf(service.store, jobId);
        const doubles = await doublesOf(service, jobId, found);
        if (doubles.length > 0) report('doubled', `${where}: ${doubles.join(', ')}`);
        const differing = differences(quiet.result, found);
        if (differing.length > 0) report('diverged', `${where}: ${differing.join(', ')}`);
      }
    }
    console.log(`kills: ${JSON.stringify(kills)}`);
    for (const victim of VICTIMS) if (kills[victim] === 0) missed.push(`no ${victim} was killed`);
  } finally {
    await service.close();
  }
}

async function playTests(): Promise<void> {
  const { runGroup } = (await import(new URL('../scripts/testing/run-group.mjs', import.meta.url).href)) as {
    runGroup(files: string[], env: Record<string, string>): Promise<{ passed: number; failed: number }>;
  };
  const names = await readdir(new URL('../test/faults', import.meta.url));
  const files = names.filter((name) => name.endsWith('.test.ts')).map((name) => `test/faults/${name}`);
  for (let round = 0; round < rounds; round += 1) {
    const seed = String(firstSeed + round);
    const { passed, failed } = await runGroup(files.sort(), { CRUCIBLE_FAULT_ROUNDS: '1', CRUCIBLE_FAULT_SEED: seed });
    console.log(`fault tests, seed ${seed}: ${passed} passed, ${failed} failed`);
    if (failed > 0) missed.push(`${failed} fault tests with seed ${seed}`);
  }
}

if (parts.includes('kills')) await playKills();
if (parts.includes('tests')) await playTests();
await tellLastLine(JSON.stringify({ bench: 'faults', rounds, ...counts, missed }));
process.exit(missed.length === 0 ? 0 : 1);
