import type { Tier } from '@crucible/contracts';
import type { SchedulingPolicy } from './policy.ts';
import type { HeldSlots, QueuedJob, TeamShare } from './snapshot.ts';

/** What one user holds. */
export interface UserAccount {
  slots: number;
}

/** What one team holds and is owed. */
export interface TeamAccount {
  readonly team: TeamShare;
  held: number;
  /** slots that a preemption under way will bring */
  promised: number;
  /** decayed use and held slots over the weight; the smallest goes first */
  share: number;
  /** it holds, and was promised, fewer slots than it is guaranteed */
  isOwed: boolean;
  readonly users: Map<string, UserAccount>;
}

type Charged = Pick<QueuedJob, 'team' | 'user' | 'slots'>;

/** A team that the snapshot does not list; it has no quota and no use yet. */
const unknownTeam = (id: string): TeamShare => ({
  id,
  weight: 1,
  guaranteedSlots: 0,
  maxSlots: null,
  maxSlotsPerUser: null,
  usedSlotSeconds: 0,
  usedUrgentHours: 0,
  maxUrgentHours: 0,
});

/**
 * Who holds what, and what each team is owed.
 *
 * The share of a team is `F = (U + h * s) / w`: decayed slot-seconds `U`, held slots `s` with a standing charge of
 * `h` slot-seconds each, weight `w`. A dispatch raises `s` at once. The smallest share goes first.
 */
export class ShareLedger {
  readonly #accounts = new Map<string, TeamAccount>();
  readonly #policy: SchedulingPolicy;

  constructor(teams: readonly TeamShare[], held: readonly HeldSlots[], policy: SchedulingPolicy) {
    this.#policy = policy;
    for (const team of teams) this.#open(team);
    for (const each of held) this.charge(each);
  }

  /** A ledger that can be charged on its own. */
  copy(): ShareLedger {
    const copy = new ShareLedger([], [], this.#policy);
    for (const [id, account] of this.#accounts) {
      const users = new Map([...account.users].map(([user, { slots }]) => [user, { slots }]));
      copy.#accounts.set(id, { ...account, users });
    }
    return copy;
  }

  charge({ team, user, slots }: Charged): void {
    const account = this.account(team);
    account.held += slots;
    this.userAccount(team, user).slots += slots;
    this.#update(account);
  }

  /** Counts slots towards a team's guarantee that it does not hold yet. */
  promise({ team, slots }: Charged): void {
    const account = this.account(team);
    account.promised += slots;
    this.#update(account);
  }

  /** The team's account, which goes on changing with every charge. */
  account(team: string): TeamAccount {
    return this.#accounts.get(team) ?? this.#open(unknownTeam(team));
  }

  userAccount(team: string, user: string): UserAccount {
    const { users } = this.account(team);
    const known = users.get(user);
    if (known !== undefined) return known;
    const fresh: UserAccount = { slots: 0 };
    users.set(user, fresh);
    return fresh;
  }

  /** Slots that the team holds beyond its guarantee; negative when it is owed some. */
  beyondGuarantee(team: string): number {
    const { held, team: terms } = this.account(team);
    return held - terms.guaranteedSlots;
  }

  /** The quota that keeps the job from running now; null: none. */
  quotaAgainst({ team, user, slots }: Charged): 'team-quota' | 'user-quota' | null {
    const { held, team: terms } = this.account(team);
    if (terms.maxSlots !== null && held + slots > terms.maxSlots) return 'team-quota';
    if (terms.maxSlotsPerUser !== null && this.userAccount(team, user).slots + slots > terms.maxSlotsPerUser)
      return 'user-quota';
    return null;
  }

  /** The tier that a job runs in: a team that has spent its urgent hours runs urgent jobs as normal ones. */
  tierOf({ tier, team }: Pick<QueuedJob, 'tier' | 'team'>): Tier {
    if (tier !== 'urgent') return tier;
    const { usedUrgentHours, maxUrgentHours } = this.account(team).team;
    return usedUrgentHours < maxUrgentHours ? 'urgent' : 'normal';
  }

  #open(team: TeamShare): TeamAccount {
    const account: TeamAccount = { team, held: 0, promised: 0, share: 0, isOwed: false, users: new Map() };
    this.#update(account);
    this.#accounts.set(team.id, account);
    return account;
  }

  #update(account: TeamAccount): void {
    const { team, held, promised } = account;
    account.share = (team.usedSlotSeconds + this.#policy.heldSlotSeconds * held) / team.weight;
    account.isOwed = held + promised < team.guaranteedSlots;
  }
}
