import { TIERS, type Tier } from '@crucible/contracts';
import type { SchedulingPolicy } from './policy.ts';
import type { ShareLedger, TeamAccount, UserAccount } from './share.ts';
import type { QueuedJob } from './snapshot.ts';

const HOUR_MS = 3_600_000;

/** A queued job with its place among the jobs of its user. */
export interface RankedJob {
  job: QueuedJob;
  /** the tier that it runs in */
  tier: Tier;
  /** priority with aging */
  rank: number;
}

/** Larger rank first, then the earlier submit, then the id so that the order is total. */
export const byPrecedence = (a: RankedJob, b: RankedJob): number =>
  b.rank - a.rank || a.job.submittedAt - b.job.submittedAt || (a.job.id < b.job.id ? -1 : a.job.id > b.job.id ? 1 : 0);

/** Ranks jobs and sorts them: a job gains priority with the time since its submit, up to a bound. */
export function ranked(
  jobs: readonly QueuedJob[],
  ledger: ShareLedger,
  now: number,
  { agingPerHour, maxAging }: SchedulingPolicy,
): RankedJob[] {
  return jobs
    .map((job) => {
      const hours = Math.max(0, now - job.submittedAt) / HOUR_MS;
      return { job, tier: ledger.tierOf(job), rank: job.priority + Math.min(maxAging, agingPerHour * hours) };
    })
    .sort(byPrecedence);
}

/** The jobs of one user in one tier, first one first. */
interface UserLine {
  account: UserAccount;
  jobs: RankedJob[];
  next: number;
}

interface TeamLine {
  account: TeamAccount;
  users: UserLine[];
}

const headOf = (line: UserLine): RankedJob => line.jobs[line.next] as RankedJob;

function lines(jobs: readonly RankedJob[], ledger: ShareLedger): TeamLine[] {
  const teams = new Map<string, Map<string, UserLine>>();
  for (const each of jobs) {
    const { team, user } = each.job;
    const users = teams.get(team) ?? new Map<string, UserLine>();
    teams.set(team, users);
    const line = users.get(user);
    if (line === undefined) users.set(user, { account: ledger.userAccount(team, user), jobs: [each], next: 0 });
    else line.jobs.push(each);
  }
  return [...teams].map(([team, users]) => ({ account: ledger.account(team), users: [...users.values()] }));
}

/** The team to serve next: one under its guarantee before any other, then the smallest share, then the id. */
function isServedBefore(a: TeamAccount, b: TeamAccount): boolean {
  if (a.isOwed !== b.isOwed) return a.isOwed;
  return a.share < b.share || (a.share === b.share && a.team.id < b.team.id);
}

/** The user to serve next: the one who holds fewest slots, then the one whose first job goes first. */
function nextUser({ users }: TeamLine): UserLine {
  let best = users[0] as UserLine;
  for (const line of users) {
    const more = line.account.slots - best.account.slots;
    if (more < 0 || (more === 0 && byPrecedence(headOf(line), headOf(best)) < 0)) best = line;
  }
  return best;
}

/**
 * Walks jobs in the order in which they are served: tier, then team, then user, then precedence. The accounts are read
 * again for each job, so that a caller who charges what it takes gets shares that stay fair within one walk.
 *
 * @param jobs sorted by precedence
 */
export function* inOrder(jobs: readonly RankedJob[], ledger: ShareLedger): Generator<RankedJob, void> {
  for (const tier of TIERS) {
    const ofTier = jobs.filter((each) => each.tier === tier);
    let teams = lines(ofTier, ledger);
    while (teams.length > 0) {
      let team = teams[0] as TeamLine;
      for (const other of teams) if (isServedBefore(other.account, team.account)) team = other;
      const line = nextUser(team);
      const next = headOf(line);
      line.next += 1;
      if (line.next === line.jobs.length) {
        team.users = team.users.filter((each) => each !== line);
        if (team.users.length === 0) teams = teams.filter((each) => each !== team);
      }
      yield next;
    }
  }
}
