import { EXIT } from '../exit-code.ts';
import { table } from '../table.ts';
import type { Verb } from '../verb.ts';

export const methods: Verb = {
  usage: '[ID]',
  summary: 'list the methods, or describe one with its presets and metrics',
  help: [],
  options: {},
  arity: [0, 1],
  async run({ client, json, print }, [id]) {
    if (id === undefined) {
      const list = await client.methods();
      if (json) print(JSON.stringify(list));
      else
        for (const line of table(
          ['id', 'title', 'what'],
          list.map((m) => [m.id, m.title, m.description]),
        ))
          print(line);
      return EXIT.done;
    }
    const method = await client.method(id);
    if (json) {
      print(JSON.stringify(method));
      return EXIT.done;
    }
    print(`${method.title} (${method.id}, version ${method.version})`);
    print(`${method.paper.title}, arXiv:${method.paper.arxiv}`);
    print(method.description);
    print('');
    const presets = method.presets.map((p) => [p.name, p.expectedMinutes, p.expectedResult, p.description]);
    for (const line of table(['preset', 'minutes', 'expected', 'what'], presets)) print(line);
    print('');
    for (const line of table(
      ['metric', 'unit', 'what'],
      method.metrics.map((m) => [m.name, m.unit, m.description]),
    ))
      print(line);
    return EXIT.done;
  },
};
