import { EXIT } from '../exit-code.ts';
import { resolveJobId } from '../job-id.ts';
import { numberOf } from '../numbers.ts';
import { table } from '../table.ts';
import type { Verb } from '../verb.ts';

export const metrics: Verb = {
  usage: 'ID [KEY]',
  summary: 'list the metrics of a job, or print the points of one as step and value',
  help: ['--max-points N  thin the points to at most N'],
  options: { 'max-points': { type: 'string' } },
  arity: [1, 2],
  async run({ client, json, print }, [word = '', key], values) {
    const id = await resolveJobId(client, word);
    if (key === undefined) {
      const list = await client.series(id);
      if (json) print(JSON.stringify(list));
      else {
        const rows = list.map((one) => [one.key, one.count, one.lastStep, one.lastValue, one.min ?? '', one.max ?? '']);
        for (const line of table(['key', 'points', 'last step', 'last', 'min', 'max'], rows)) print(line);
      }
      return EXIT.done;
    }
    const maxPoints = numberOf(values, 'max-points');
    const points = await client.points(id, { key, ...(maxPoints === undefined ? {} : { maxPoints }) });
    if (json) print(JSON.stringify(points));
    else for (const [index, step] of points.steps.entries()) print(`${step}\t${points.values[index]}`);
    return EXIT.done;
  },
};
