import { CrucibleError, type Permission } from '@crucible/contracts';
import type { JobOwner, TeamFilter, VerifiedKey } from '@crucible/store';

/** Who asks: the holder of a key, with what its roles and scopes leave it. */
export type Principal = VerifiedKey;

/**
 * How a route meets the job, or the checkpoint of a job, in its address.
 *
 * - `job`: reads it; the permission is asked in the team of the job
 * - `own-job`: changes it; at a job of someone else this takes `jobs:manage`, too
 * - `source-job`: reads it to make something new, which belongs to the caller's own team
 */
export type JobUse = 'job' | 'own-job' | 'source-job';

/** Whose objects lists and feeds show it: holders of a role over the cluster see every team's. */
export const shownTeam = ({ clusterRole, teamId }: Principal): TeamFilter => (clusterRole === null ? teamId : null);

/** True when it may do this to what belongs to a team. */
export const isGrantedIn = ({ granted, teamId }: Principal, permission: Permission, team: string): boolean =>
  granted.everywhere.includes(permission) || (team === teamId && granted.inTeam.includes(permission));

/** @throws CrucibleError `forbidden` that names what is missing */
export function assertGrantedIn(principal: Principal, permission: Permission, team: string): void {
  if (!isGrantedIn(principal, permission, team))
    throw new CrucibleError(
      'forbidden',
      `This needs the permission ${permission} in team ${team}, which neither your roles nor this key give you.`,
    );
}

/** Checks a call on a job that the caller sees. @throws CrucibleError `forbidden` */
export function assertJobAccess(principal: Principal, permission: Permission, use: JobUse, owner: JobOwner): void {
  if (use === 'source-job') {
    assertGrantedIn(principal, 'jobs:read', owner.teamId);
    assertGrantedIn(principal, permission, principal.teamId);
    return;
  }
  const isOwn = owner.userId === principal.userId && owner.teamId === principal.teamId;
  if (use === 'own-job') {
    if (!isOwn) assertGrantedIn(principal, 'jobs:manage', owner.teamId);
    // To manage jobs is to command them, one's own among them.
    if (permission === 'jobs:write' && isGrantedIn(principal, 'jobs:manage', owner.teamId)) return;
  }
  assertGrantedIn(principal, permission, owner.teamId);
}

/** Checks a call on a team: one that the caller does not see is answered as one that is not there. @throws CrucibleError */
export function assertTeamAccess(principal: Principal, permission: Permission, team: string): void {
  const shown = shownTeam(principal);
  if (shown !== null && shown !== team) throw new CrucibleError('not-found', `There is no team ${team}.`);
  assertGrantedIn(principal, permission, team);
}
