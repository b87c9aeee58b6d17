import { randomUUID } from 'node:crypto';
import type { ClusterRole, Permission, TeamRole } from '@crucible/contracts';
import type { Store } from '@crucible/store';
import type pg from 'pg';

/** Who a key is made for. The team is made when it is not there. */
export interface NewMember {
  team: string;
  /** null: no member, for holders of a role over the cluster */
  role: TeamRole | null;
  clusterRole?: ClusterRole;
  scopes?: Permission[];
}

/** Makes a user with roles and a key. */
export async function newMember(
  { store, sql }: { store: Store; sql: pg.Pool },
  { team, role, clusterRole, scopes }: NewMember,
): Promise<{ userId: string; id: string; key: string }> {
  const userId = randomUUID();
  await sql.query('insert into team (id) values ($1) on conflict do nothing', [team]);
  await sql.query('insert into user_account (id, name, cluster_role) values ($1, $2, $3)', [
    userId,
    `user-${userId.slice(0, 8)}`,
    clusterRole ?? null,
  ]);
  if (role !== null)
    await sql.query('insert into membership (user_id, team_id, role) values ($1, $2, $3)', [userId, team, role]);
  const made = await store.keys.create('test', { userId, teamId: team, scopes: scopes ?? null });
  return { userId, ...made };
}
