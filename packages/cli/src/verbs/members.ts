import type { TeamRole } from '@crucible/contracts';
import { table } from '../table.ts';
import { type OptionValues, textOf, type VerbContext } from '../verb.ts';
import { optional, verbOf, words } from '../word-verb.ts';

/** The team that an option names, or that of the key. */
const teamOf = async ({ client }: VerbContext, values: OptionValues): Promise<string> =>
  textOf(values, 'team') ?? (await client.me()).team;

export const members = verbOf(
  'members',
  'list',
  {
    async list(context, args, values) {
      words(args);
      const { client, json, print } = context;
      const list = await client.teams.members(await teamOf(context, values));
      if (json) return print(JSON.stringify(list));
      for (const line of table(
        ['user', 'role'],
        list.map(({ user, role }) => [user, role]),
      ))
        print(line);
    },
    async set(context, args, values) {
      const { USER, ROLE } = words(args, 'USER', 'ROLE');
      const team = await teamOf(context, values);
      const member = await context.client.teams.putMember(team, USER, ROLE as TeamRole);
      context.print(context.json ? JSON.stringify(member) : `${member.user} is ${member.role} in ${team}`);
    },
    async remove(context, args, values) {
      const { USER } = words(args, 'USER');
      const team = await teamOf(context, values);
      await context.client.teams.removeMember(team, USER);
      context.print(context.json ? JSON.stringify({ user: USER, role: null }) : `${USER} is no member of ${team}`);
    },
  },
  {
    usage: '[list] | set USER ROLE | remove USER',
    summary: 'list, add, change or remove the members of a team',
    help: ['--team ID  another team than that of your key, for operators'],
    options: { team: { type: 'string' } },
    arity: [0, 3],
  },
);

export const users = verbOf(
  'users',
  'list',
  {
    async list({ client, json, print }, args) {
      words(args);
      const list = await client.users.list();
      if (json) return print(JSON.stringify(list));
      const rows = list.map(({ name, clusterRole, createdAt }) => [name, clusterRole ?? '', createdAt]);
      for (const line of table(['name', 'role', 'created'], rows)) print(line);
    },
    async create({ client, json, print }, args, values) {
      const { NAME } = words(args, 'NAME');
      const role = textOf(values, 'cluster-role') as 'operator' | 'auditor' | undefined;
      const user = await client.users.create({ name: NAME, ...optional('clusterRole', role) });
      print(json ? JSON.stringify(user) : `${user.name} made`);
    },
  },
  {
    usage: '[list] | create NAME',
    summary: 'as an operator list users or make one',
    help: ['--cluster-role ROLE  create: operator or auditor'],
    options: { 'cluster-role': { type: 'string' } },
    arity: [0, 2],
  },
);
