import { type Static, Type } from 'typebox';
import { TEAM_ROLE_NAMES } from './permission.ts';

/** Id of a team, which is its name, too. */
export const TeamId = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,39}$' });

const MAX_COUNT = 1_000_000;
const Count = (description: string) => Type.Integer({ minimum: 0, maximum: MAX_COUNT, description });
const CountOrNone = (description: string) =>
  Type.Union([Type.Integer({ minimum: 0, maximum: MAX_COUNT }), Type.Null()], { description });

/** What operators set of a team. */
const Quotas = {
  weight: Type.Number({ minimum: 0.001, maximum: 1000, description: 'share of the cluster against other teams' }),
  guaranteedSlots: Count('slots that the team gets back at once when it needs them; 0: none'),
  maxSlots: CountOrNone('slots that its jobs hold at most; null: no limit'),
  maxSlotsPerUser: CountOrNone('slots that the jobs of one member hold at most; null: no limit'),
  maxQueued: Count('jobs that wait at most'),
  urgentSlotHours: Type.Number({ minimum: 0, maximum: MAX_COUNT, description: 'slot-hours in tier urgent, in a week' }),
};

export const TeamView = Type.Object(
  {
    id: TeamId,
    ...Quotas,
    version: Type.Integer({ description: 'counts changes, for `If-Match: "vN"`' }),
    createdAt: Type.String({ format: 'date-time' }),
  },
  { $id: 'Team' },
);
export type TeamView = Static<typeof TeamView>;
export const TeamList = Type.Object({ data: Type.Array(TeamView) }, { $id: 'TeamList' });
export type TeamList = Static<typeof TeamList>;

/** Body of `PATCH /v1/teams/:id`: what is left out stays. */
export const PatchTeam = Type.Object(
  {
    weight: Type.Optional(Quotas.weight),
    guaranteedSlots: Type.Optional(Quotas.guaranteedSlots),
    maxSlots: Type.Optional(Quotas.maxSlots),
    maxSlotsPerUser: Type.Optional(Quotas.maxSlotsPerUser),
    maxQueued: Type.Optional(Quotas.maxQueued),
    urgentSlotHours: Type.Optional(Quotas.urgentSlotHours),
  },
  { $id: 'PatchTeam', additionalProperties: false, minProperties: 1 },
);
export type PatchTeam = Static<typeof PatchTeam>;

/** Body of `POST /v1/teams`: what is left out has the default of the service. */
export const CreateTeam = Type.Object(
  { id: TeamId, ...PatchTeam.properties },
  { $id: 'CreateTeam', additionalProperties: false },
);
export type CreateTeam = Static<typeof CreateTeam>;

export const MemberView = Type.Object(
  {
    user: Type.String({ description: 'name of the user' }),
    userId: Type.String({ format: 'uuid' }),
    role: Type.Enum(TEAM_ROLE_NAMES),
  },
  { $id: 'Member' },
);
export type MemberView = Static<typeof MemberView>;
export const MemberList = Type.Object({ data: Type.Array(MemberView) }, { $id: 'MemberList' });
export type MemberList = Static<typeof MemberList>;

/** Body of `PUT /v1/teams/:id/members/:user`. */
export const PutMember = Type.Object(
  { role: Type.Enum(TEAM_ROLE_NAMES) },
  { $id: 'PutMember', additionalProperties: false },
);
export type PutMember = Static<typeof PutMember>;
