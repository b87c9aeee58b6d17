import { type ClusterRole, type CreateUser, CrucibleError, type TeamRole, type UserView } from '@crucible/contracts';
import type { Database, Queryable } from './database.ts';
import { transaction } from './transaction.ts';
import { uuidV7 } from './uuid-v7.ts';

/** A user with its place in a team. */
export interface Enrolment {
  name: string;
  team: string;
  /** undefined: as it is */
  role?: TeamRole | undefined;
  /** undefined: as it is */
  clusterRole?: ClusterRole | undefined;
}

export interface Users {
  /** By name. */
  list(): Promise<UserView[]>;
  /** @throws `conflict` when there is a user of that name */
  create(user: CreateUser): Promise<UserView>;
  /**
   * Makes user and team unless they are there, and gives the roles that are named. The keys of a user whose role over
   * the cluster changes are revoked: others may hold them, made when they allowed less.
   *
   * @throws `invalid-request` when the user then has no role at all: no key of it would be valid
   */
  enrol(enrolment: Enrolment): Promise<{ userId: string }>;
}

interface UserRow {
  id: string;
  name: string;
  cluster_role: ClusterRole | null;
  created_at: Date;
}

const toUserView = ({ id, name, cluster_role, created_at }: UserRow): UserView => ({
  id,
  name,
  clusterRole: cluster_role,
  createdAt: created_at.toISOString(),
});

const COLUMNS = 'id, name, cluster_role, created_at';

async function setClusterRole(client: Queryable, userId: string, role: ClusterRole): Promise<void> {
  const { rowCount } = await client.query(
    'update user_account set cluster_role = $2 where id = $1 and cluster_role is distinct from $2',
    [userId, role],
  );
  if (rowCount === 1)
    await client.query('update api_key set revoked_at = now() where user_id = $1 and revoked_at is null', [userId]);
}

export function createUsers({ pool }: Database): Users {
  return {
    async list() {
      const { rows } = await pool.query<UserRow>(`select ${COLUMNS} from user_account order by name`);
      return rows.map(toUserView);
    },
    async create({ name, clusterRole }) {
      const { rows } = await pool.query<UserRow>(
        `insert into user_account (id, name, cluster_role) values ($1, $2, $3)
         on conflict (name) do nothing returning ${COLUMNS}`,
        [uuidV7(), name, clusterRole],
      );
      const [row] = rows;
      if (row === undefined) throw new CrucibleError('conflict', `name: there is a user ${name} already.`);
      return toUserView(row);
    },
    enrol({ name, team, role, clusterRole }) {
      return transaction(pool, async (client) => {
        await client.query('insert into team (id) values ($1) on conflict do nothing', [team]);
        await client.query('insert into user_account (id, name) values ($1, $2) on conflict (name) do nothing', [
          uuidV7(),
          name,
        ]);
        const { rows } = await client.query<UserRow>(`select ${COLUMNS} from user_account where name = $1 for update`, [
          name,
        ]);
        const userId = rows[0]?.id ?? '';
        if (clusterRole !== undefined) await setClusterRole(client, userId, clusterRole);
        if (role !== undefined)
          await client.query(
            `insert into membership (user_id, team_id, role) values ($1, $2, $3)
             on conflict (user_id, team_id) do update set role = excluded.role`,
            [userId, team, role],
          );
        const { rows: roles } = await client.query(
          `select from user_account u left join membership m on m.user_id = u.id and m.team_id = $2
           where u.id = $1 and (m.role is not null or u.cluster_role is not null)`,
          [userId, team],
        );
        if (roles.length === 0)
          throw new CrucibleError('invalid-request', `role: ${name} has none in team ${team}; name one.`);
        return { userId };
      });
    },
  };
}
