import { type ClusterRole, CrucibleError, type Permission } from '@crucible/contracts';
import type { KeyFilter } from '@crucible/store';
import { isGrantedIn, type Principal } from './access.ts';

const operates = ({ granted }: Principal): boolean => granted.everywhere.includes('cluster:operate');

/** The keys that a caller may see, rotate and revoke: its own; those of the team; those of every team. */
export function manageableKeys(principal: Principal): KeyFilter {
  if (operates(principal)) return { teamId: null, userId: null };
  const { teamId, userId } = principal;
  return { teamId, userId: isGrantedIn(principal, 'team:manage', teamId) ? null : userId };
}

/** Whom a key is for. */
export interface KeyHolder {
  userId: string;
  clusterRole: ClusterRole | null;
  teamId: string;
}

/** @throws CrucibleError `forbidden` unless the caller may hold the secret of a key of this user in this team */
function assertMayHold(principal: Principal, { userId, clusterRole, teamId }: KeyHolder): void {
  if (operates(principal)) return;
  if (teamId !== principal.teamId)
    throw new CrucibleError(
      'forbidden',
      `team: this key speaks in team ${principal.teamId} and makes keys there only.`,
    );
  if (userId === principal.userId) return;
  if (!isGrantedIn(principal, 'team:manage', teamId))
    throw new CrucibleError('forbidden', `user: keys of others take the permission team:manage in team ${teamId}.`);
  if (clusterRole !== null)
    throw new CrucibleError('forbidden', 'user: keys of a holder of a role over the cluster are made by operators.');
}

/**
 * The scopes of a key that the caller makes: never more than the caller's own key allows. Left out, they are all of
 * these; null, whatever the roles of the user are, only for oneself or by an operator, and only by a key that is not
 * narrowed itself.
 *
 * @throws CrucibleError `forbidden` that names what goes too far
 */
export function scopesOfNewKey(
  principal: Principal,
  holder: KeyHolder,
  wanted: readonly Permission[] | undefined,
): readonly Permission[] | null {
  assertMayHold(principal, holder);
  const { granted, scopes, userId, teamId } = principal;
  const isUnbounded = scopes === null && (holder.userId === userId || operates(principal));
  if (isUnbounded && (wanted === undefined || operates(principal))) return wanted ?? null;
  const own = [...new Set([...(holder.teamId === teamId ? granted.inTeam : []), ...granted.everywhere])];
  const tooMuch = wanted?.filter((scope) => !own.includes(scope)) ?? [];
  if (tooMuch.length > 0)
    throw new CrucibleError('forbidden', `scopes: ${tooMuch.join(', ')} go beyond what this key allows.`);
  return wanted ?? own;
}

/**
 * The scopes of a key that takes the place of another: the same, which the caller's must cover.
 *
 * @throws CrucibleError `forbidden`
 */
export function scopesOfNextKey(
  principal: Principal,
  holder: KeyHolder,
  old: readonly Permission[] | null,
): readonly Permission[] | null {
  if (old === null && principal.scopes !== null)
    throw new CrucibleError('forbidden', 'A key that is narrowed to scopes rotates none that is not.');
  return scopesOfNewKey(principal, holder, old ?? undefined);
}
