import { parseArgs } from 'node:util';
import {
  CLUSTER_ROLE_NAMES,
  MAX_KEY_DAYS,
  resolve,
  Scopes,
  TEAM_ROLE_NAMES,
  TeamId,
  UserName,
} from '@crucible/contracts';
import { createStore } from '@crucible/store';
import { type Static, Type } from 'typebox';
import { loadDatabaseUrl } from './config.ts';

const USAGE = `usage: node create-key.js --name NAME [--days DAYS] [--json]    (needs DATABASE_URL)
  [--user USER] [--team TEAM]     whose key, and where; made when not there (admin, default)
  [--role ROLE]                   of the user in the team: ${TEAM_ROLE_NAMES.join(', ')}
  [--cluster-role ROLE]           over the cluster: ${CLUSTER_ROLE_NAMES.join(', ')}; revokes keys made before
  [--scopes A,B]                  permissions to which the key is narrowed`;

const TEXT = { type: 'string' } as const;
const OPTIONS = {
  name: TEXT,
  days: TEXT,
  user: TEXT,
  team: TEXT,
  role: TEXT,
  'cluster-role': TEXT,
  scopes: TEXT,
  json: { type: 'boolean', default: false },
} as const;

/** The command line, checked. */
const Arguments = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 100 }),
  days: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_KEY_DAYS })),
  user: Type.Optional(UserName),
  team: Type.Optional(TeamId),
  role: Type.Optional(Type.Enum(TEAM_ROLE_NAMES)),
  clusterRole: Type.Optional(Type.Enum(CLUSTER_ROLE_NAMES)),
  scopes: Type.Optional(Scopes),
});

/** @throws Error with the faults and the usage */
function readArguments(): { wanted: Static<typeof Arguments>; json: boolean } {
  const { json, days, scopes, 'cluster-role': clusterRole, ...texts } = parseArgs({ options: OPTIONS }).values;
  const given = {
    ...texts,
    ...(clusterRole === undefined ? {} : { clusterRole }),
    ...(days === undefined ? {} : { days: Number(days) }),
    ...(scopes === undefined ? {} : { scopes: scopes.split(',') }),
  };
  const { value, faults } = resolve(Arguments, given);
  if (value === null)
    throw new Error([...faults.map(({ pointer, message }) => `${pointer.slice(1)} ${message}`), USAGE].join('\n'));
  return { wanted: value, json };
}

/** Makes an API key and prints it, once. Only its hash is kept. */
async function main(): Promise<void> {
  const { wanted, json } = readArguments();
  const { name, days, user = 'admin', team = 'default', role, clusterRole, scopes } = wanted;
  const store = createStore({
    databaseUrl: loadDatabaseUrl(process.env),
    applicationName: 'crucible-create-key',
    poolSize: 1,
  });
  try {
    const { userId } = await store.users.enrol({ name: user, team, role, clusterRole });
    const { id, key } = await store.keys.create(name, {
      userId,
      teamId: team,
      scopes: scopes ?? null,
      ...(days === undefined ? {} : { days }),
    });
    process.stdout.write(json ? `${JSON.stringify({ id, name, key })}\n` : `${key}\n`);
  } finally {
    await store.close();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
