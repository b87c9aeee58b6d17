import type { ApiKeyView, NewApiKey, Permission } from '@crucible/contracts';
import { numberOf } from '../numbers.ts';
import { table } from '../table.ts';
import { textOf, type VerbContext } from '../verb.ts';
import { optional, verbOf, words } from '../word-verb.ts';

const stateOf = ({ revokedAt, expiresAt }: ApiKeyView): string => {
  if (revokedAt !== null) return 'revoked';
  return Date.parse(expiresAt) <= Date.now() ? 'expired' : 'valid';
};

/** The secret alone goes to the standard output, so that it can be piped. */
function printSecret({ json, print, note }: VerbContext, made: NewApiKey): void {
  if (json) print(JSON.stringify(made));
  else {
    print(made.key);
    note(`key ${made.id} of ${made.user} in ${made.team}, until ${made.expiresAt}; it is not shown again`);
  }
}

export const keys = verbOf(
  'keys',
  'list',
  {
    async list({ client, json, print }, args, values) {
      words(args);
      const list = await client.keys.list({ all: values.all === true });
      if (json) return print(JSON.stringify(list));
      const rows = list.map((key) => [
        key.id,
        key.name,
        key.user,
        key.team,
        stateOf(key),
        key.createdAt,
        key.expiresAt,
        key.lastUsedAt ?? 'never',
        key.scopes?.join(' ') ?? 'all',
      ]);
      const heads = ['id', 'name', 'user', 'team', 'state', 'created', 'expires', 'last used', 'scopes'];
      for (const line of table(heads, rows)) print(line);
    },
    async create(context, args, values) {
      const { NAME } = words(args, 'NAME');
      const made = await context.client.keys.create({
        name: NAME,
        // The service knows the names, and says which is wrong.
        ...optional('scopes', textOf(values, 'scopes')?.split(',') as Permission[] | undefined),
        ...optional('days', numberOf(values, 'days')),
        ...optional('user', textOf(values, 'user')),
        ...optional('team', textOf(values, 'team')),
      });
      printSecret(context, made);
    },
    async rotate(context, args, values) {
      const { ID } = words(args, 'ID');
      const terms = {
        ...optional('days', numberOf(values, 'days')),
        ...optional('overlapHours', numberOf(values, 'overlap')),
      };
      printSecret(context, await context.client.keys.rotate(ID, terms));
    },
    async revoke({ client, json, print }, args) {
      const { ID } = words(args, 'ID');
      await client.keys.revoke(ID);
      print(json ? JSON.stringify({ id: ID, state: 'revoked' }) : `${ID} revoked`);
    },
  },
  {
    usage: '[list] | create NAME | rotate ID | revoke ID',
    summary: 'list, make, rotate or revoke API keys',
    help: [
      '--all, -a      list: all that you may manage',
      '--scopes A,B   create: permissions to which it is narrowed',
      '--days N       create, rotate: until it expires, 90 if absent, 365 at most',
      '--user NAME    create: for a member of your team',
      '--team ID      create: in another team, for operators',
      '--overlap H    rotate: hours for which the old key goes on, 24 if absent',
    ],
    options: {
      all: { type: 'boolean', short: 'a' },
      scopes: { type: 'string' },
      days: { type: 'string' },
      user: { type: 'string' },
      team: { type: 'string' },
      overlap: { type: 'string' },
    },
    arity: [0, 2],
  },
);
