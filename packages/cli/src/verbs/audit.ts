import { EXIT } from '../exit-code.ts';
import { numberOf } from '../numbers.ts';
import { table } from '../table.ts';
import { textOf, type Verb } from '../verb.ts';

const OPTIONS = ['user', 'object', 'cursor'] as const;

export const audit: Verb = {
  usage: '',
  summary: 'list who changed what or was refused to, newest first',
  help: [
    '--user NAME    only requests of this user',
    '--object ID    only requests about this object',
    '--limit N      1 to 200, 50 if absent',
    '--cursor ID    what lies before this entry',
  ],
  options: {
    user: { type: 'string' },
    object: { type: 'string' },
    limit: { type: 'string' },
    cursor: { type: 'string' },
  },
  arity: [0, 0],
  async run({ client, json, print, note }, _args, values) {
    const query: Record<string, string> = {};
    for (const name of OPTIONS) {
      const text = textOf(values, name);
      if (text !== undefined) query[name] = text;
    }
    const page = await client.audit({ ...query, limit: numberOf(values, 'limit') ?? 50 });
    if (json) print(JSON.stringify(page));
    else {
      const rows = page.data.map((entry) => [
        entry.time,
        entry.user ?? entry.userId ?? 'nobody',
        entry.team ?? '',
        entry.ip,
        `${entry.verb} ${entry.route}`,
        entry.objectId ?? '',
        String(entry.status),
        entry.fields === null ? '' : JSON.stringify(entry.fields),
      ]);
      for (const line of table(['time', 'user', 'team', 'from', 'request', 'object', 'answer', 'fields'], rows))
        print(line);
      if (page.nextCursor !== null) note(`more before: --cursor ${page.nextCursor}`);
    }
    return EXIT.done;
  },
};
