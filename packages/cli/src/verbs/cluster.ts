import type { CrucibleClient, WorkerVerb } from '@crucible/client';
import { CrucibleError, type WorkerView } from '@crucible/contracts';
import { EXIT } from '../exit-code.ts';
import { table } from '../table.ts';
import type { Verb } from '../verb.ts';

export const queue: Verb = {
  usage: '[POOL]',
  summary: 'list what waits, pool by pool, next job first, with the reason and the expected start',
  help: [],
  options: {},
  arity: [0, 1],
  async run({ client, json, print }, [pool]) {
    const view = await client.queue(pool === undefined ? {} : { pool });
    if (json) print(JSON.stringify(view));
    else {
      const rows = view.data.map((one) => [
        one.pool,
        one.waiting.position,
        one.jobId,
        one.team,
        one.tier,
        one.priority,
        one.slots,
        one.name,
        one.waiting.estimatedStart ?? '?',
        `${one.waiting.code}: ${one.waiting.message}`,
      ]);
      const head = ['pool', 'place', 'id', 'team', 'tier', 'priority', 'slots', 'name', 'starts', 'why'];
      for (const line of table(head, rows)) print(line);
      if (view.waiting > rows.length) print(`${view.waiting} jobs wait; the first of each pool are listed`);
      print(`${view.slots.busy} of ${view.slots.total} slots busy`);
    }
    return EXIT.done;
  },
};

/** The document of one recorded pass, or the list of them. */
export const passes: Verb = {
  usage: '[ID]',
  summary: 'list recorded scheduling passes, or print one for `./crucible sched replay`',
  help: [],
  options: {},
  arity: [0, 1],
  async run({ client, json, print }, [id]) {
    if (id !== undefined) {
      print(JSON.stringify(await client.schedulingPass(id)));
      return EXIT.done;
    }
    const list = await client.schedulingPasses();
    if (json) print(JSON.stringify(list));
    else {
      const rows = list.map((one) => [one.id, one.time, one.numDispatched, one.numPreempted, one.numRefused]);
      for (const line of table(['id', 'time', 'started', 'stopped', 'refused'], rows)) print(line);
    }
    return EXIT.done;
  },
};

export const workers: Verb = {
  usage: '',
  summary: 'list the workers with engine, device and slots, and why no faster engine was taken',
  help: [],
  options: {},
  arity: [0, 0],
  async run({ client, json, print }) {
    const list = await client.workers();
    if (json) {
      print(JSON.stringify(list));
      return EXIT.done;
    }
    const rows = list.map(({ name, state, pool, engine, slots, attempts }) => [
      name,
      state,
      pool,
      engine.name,
      engine.device,
      `${attempts.length}/${slots.length} busy`,
    ]);
    for (const line of table(['name', 'state', 'pool', 'engine', 'device', 'slots'], rows)) print(line);
    for (const { name, engine } of list)
      for (const { engine: other, message } of engine.reasons) print(`${name}: not ${other}: ${message}`);
    return EXIT.done;
  },
};

/** The worker of that name or id. @throws CrucibleError `not-found` that names those that are there */
async function workerOf(client: CrucibleClient, word: string): Promise<WorkerView> {
  const list = await client.workers();
  const found = list.find(({ id, name, state }) => state !== 'gone' && (id === word || name === word));
  if (found !== undefined) return found;
  const names = list.filter(({ state }) => state !== 'gone').map(({ name }) => name);
  throw new CrucibleError('not-found', `There is no worker "${word}"; there is ${names.join(', ') || 'none'}.`);
}

const holdVerb = (verb: WorkerVerb, summary: string): Verb => ({
  usage: 'WORKER',
  summary,
  help: [],
  options: {},
  arity: [1, 1],
  async run({ client, json, print }, [word = '']) {
    const { id } = await workerOf(client, word);
    const worker = await client.holdWorker(id, verb);
    print(json ? JSON.stringify(worker) : `${worker.name} ${worker.state}`);
    return EXIT.done;
  },
});

export const cordon = holdVerb('cordon', 'give a worker, by name, no new attempts');
export const uncordon = holdVerb('uncordon', 'let a cordoned worker work again');
export const drain = holdVerb('drain', 'empty a worker: its jobs write a checkpoint and go on elsewhere');
export const undrain = holdVerb('undrain', 'let a drained worker work again');
