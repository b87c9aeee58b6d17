import { EXIT } from '../exit-code.ts';
import { table } from '../table.ts';
import type { Verb } from '../verb.ts';

export const queue: Verb = {
  usage: '',
  summary: 'list what waits, next job first, with the reason',
  help: [],
  options: {},
  arity: [0, 0],
  async run({ client, json, print }) {
    const view = await client.queue();
    if (json) print(JSON.stringify(view));
    else {
      const rows = view.data.map((one) => [
        one.waiting.position,
        one.jobId,
        one.priority,
        one.name,
        one.waiting.message,
      ]);
      for (const line of table(['place', 'id', 'priority', 'name', 'why'], rows)) print(line);
      print(`${view.slots.busy} of ${view.slots.total} slots busy`);
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
