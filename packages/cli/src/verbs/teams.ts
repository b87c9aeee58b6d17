import type { PatchTeam, TeamView } from '@crucible/contracts';
import { numberOf } from '../numbers.ts';
import { table } from '../table.ts';
import { type OptionValues, textOf, type VerbContext } from '../verb.ts';
import { verbOf, words } from '../word-verb.ts';

const QUOTAS = {
  weight: 'weight',
  'guaranteed-slots': 'guaranteedSlots',
  'max-slots': 'maxSlots',
  'max-slots-per-user': 'maxSlotsPerUser',
  'max-queued': 'maxQueued',
  'urgent-slot-hours': 'urgentSlotHours',
} as const satisfies Record<string, keyof PatchTeam>;

/** The quotas among the options; `none` lifts one. */
const quotasOf = (values: OptionValues): PatchTeam =>
  Object.fromEntries(
    Object.entries(QUOTAS).flatMap(([option, field]) => {
      const text = textOf(values, option);
      if (text === undefined) return [];
      return [[field, text === 'none' ? null : numberOf(values, option)]];
    }),
  );

function printTeams({ json, print }: VerbContext, teams: readonly TeamView[], document: unknown): void {
  if (json) {
    print(JSON.stringify(document));
    return;
  }
  const rows = teams.map((team) => [team.id, ...Object.values(QUOTAS).map((field) => team[field] ?? 'none')]);
  for (const line of table(['id', ...Object.keys(QUOTAS)], rows)) print(line);
}

export const teams = verbOf(
  'teams',
  'list',
  {
    async list(context, args) {
      words(args);
      const list = await context.client.teams.list();
      printTeams(context, list, list);
    },
    async create(context, args, values) {
      const { ID } = words(args, 'ID');
      const team = await context.client.teams.create({ id: ID, ...quotasOf(values) });
      printTeams(context, [team], team);
    },
    async set(context, args, values) {
      const { ID } = words(args, 'ID');
      const team = await context.client.teams.patch(ID, quotasOf(values));
      printTeams(context, [team], team);
    },
  },
  {
    usage: '[list] | create ID | set ID',
    summary: 'list teams with their quotas; as an operator make one or set its quotas',
    help: Object.keys(QUOTAS).map((option) => `--${option} N`),
    options: Object.fromEntries(Object.keys(QUOTAS).map((option) => [option, { type: 'string' as const }])),
    arity: [0, 2],
  },
);
