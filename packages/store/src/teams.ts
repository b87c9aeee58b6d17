import {
  type CreateTeam,
  CrucibleError,
  type MemberView,
  type PatchTeam,
  type TeamRole,
  type TeamView,
} from '@crucible/contracts';
import type pg from 'pg';
import type { Database } from './database.ts';
import type { TeamFilter } from './team-filter.ts';
import { transaction } from './transaction.ts';

export interface Teams {
  /** By id. */
  list(team: TeamFilter): Promise<TeamView[]>;
  /** @throws `not-found` */
  get(id: string): Promise<TeamView>;
  /** @throws `conflict` when there is a team of that id */
  create(team: CreateTeam): Promise<TeamView>;
  /**
   * @param version the version that it must still have; null: any
   * @throws `not-found`, `stale-version`
   */
  patch(id: string, changes: PatchTeam, version: number | null): Promise<TeamView>;
  /** By name. @throws `not-found` for a team that is not there */
  members(id: string): Promise<MemberView[]>;
  /** Adds a user, by name, or changes its role. @throws `not-found` */
  putMember(id: string, user: string, role: TeamRole): Promise<MemberView>;
  /** Takes a user, by name, out of the team. @throws `not-found` */
  removeMember(id: string, user: string): Promise<void>;
}

/** Columns that operators set, by their names in the API. */
const QUOTA_COLUMNS = {
  weight: 'weight',
  guaranteedSlots: 'guaranteed_slots',
  maxSlots: 'max_slots',
  maxSlotsPerUser: 'max_slots_per_user',
  maxQueued: 'max_queued',
  urgentSlotHours: 'urgent_slot_hours',
} as const satisfies Record<keyof PatchTeam, string>;

type TeamRow = Omit<TeamView, 'createdAt'> & { createdAt: Date };

const COLUMNS = `id, version, created_at as "createdAt", ${Object.entries(QUOTA_COLUMNS)
  .map(([name, column]) => `${column} as "${name}"`)
  .join(', ')}`;

const toTeamView = (row: TeamRow): TeamView => ({ ...row, createdAt: row.createdAt.toISOString() });

const missing = (id: string): CrucibleError => new CrucibleError('not-found', `There is no team ${id}.`);

/** Columns and values of the quotas that are named. */
function quotasIn(changes: PatchTeam): { columns: string[]; values: unknown[] } {
  const named = Object.entries(QUOTA_COLUMNS).filter(([name]) => changes[name as keyof PatchTeam] !== undefined);
  return {
    columns: named.map(([, column]) => column),
    values: named.map(([name]) => changes[name as keyof PatchTeam]),
  };
}

async function read(client: pg.Pool | pg.PoolClient, id: string, lock = ''): Promise<TeamView> {
  const { rows } = await client.query<TeamRow>(`select ${COLUMNS} from team where id = $1 ${lock}`, [id]);
  if (rows[0] === undefined) throw missing(id);
  return toTeamView(rows[0]);
}

export function createTeams({ pool }: Database): Teams {
  const get = (id: string) => read(pool, id);
  return {
    async list(team) {
      const { rows } = await pool.query<TeamRow>(
        `select ${COLUMNS} from team where $1::text is null or id = $1 order by id`,
        [team],
      );
      return rows.map(toTeamView);
    },
    get,
    async create({ id, ...quotas }) {
      const { columns, values } = quotasIn(quotas);
      const { rows } = await pool.query<TeamRow>(
        `insert into team (${['id', ...columns].join(', ')}) values (${[id, ...values].map((_, i) => `$${i + 1}`).join(', ')})
         on conflict (id) do nothing returning ${COLUMNS}`,
        [id, ...values],
      );
      if (rows[0] === undefined) throw new CrucibleError('conflict', `id: there is a team ${id} already.`);
      return toTeamView(rows[0]);
    },
    patch(id, changes, version) {
      return transaction(pool, async (client) => {
        const team = await read(client, id, 'for update');
        if (version !== null && version !== team.version)
          throw new CrucibleError('stale-version', `Team ${id} has version ${team.version} by now; read it again.`);
        const { columns, values } = quotasIn(changes);
        const { rows } = await client.query<TeamRow>(
          `update team set ${columns.map((column, i) => `${column} = $${i + 2}, `).join('')} version = version + 1
           where id = $1 returning ${COLUMNS}`,
          [id, ...values],
        );
        if (rows[0] === undefined) throw missing(id);
        return toTeamView(rows[0]);
      });
    },
    async members(id) {
      await get(id);
      const { rows } = await pool.query<MemberView>(
        `select u.name as "user", u.id as "userId", m.role from membership m join user_account u on u.id = m.user_id
         where m.team_id = $1 order by u.name`,
        [id],
      );
      return rows;
    },
    async putMember(id, user, role) {
      const { rows } = await pool.query<{ user_id: string }>(
        `insert into membership (user_id, team_id, role)
         select u.id, t.id, $3 from user_account u, team t where u.name = $2 and t.id = $1
         on conflict (user_id, team_id) do update set role = excluded.role
         returning user_id`,
        [id, user, role],
      );
      if (rows[0] === undefined)
        throw new CrucibleError('not-found', `There is no team ${id}, or no user ${user}; an operator makes users.`);
      return { user, userId: rows[0].user_id, role };
    },
    async removeMember(id, user) {
      const { rowCount } = await pool.query(
        `delete from membership m using user_account u where u.id = m.user_id and m.team_id = $1 and u.name = $2`,
        [id, user],
      );
      if (rowCount === 0) throw new CrucibleError('not-found', `Team ${id} has no member ${user}.`);
    },
  };
}
