import { type Static, Type } from 'typebox';
import { Scopes } from './permission.ts';
import { TeamId } from './team.ts';
import { UserName } from './user.ts';

/** Longest life of an API key, in days. */
export const MAX_KEY_DAYS = 365;

const Timestamp = Type.String({ format: 'date-time' });
const TimestampOrNone = Type.Union([Timestamp, Type.Null()]);
const Days = Type.Integer({ minimum: 1, maximum: MAX_KEY_DAYS, default: 90, description: 'days until it expires' });

/** An API key as it may be shown: without its secret. */
export const ApiKeyView = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    user: UserName,
    team: TeamId,
    scopes: Type.Union([Scopes, Type.Null()], { description: 'null: all that the roles of its user allow' }),
    createdAt: Timestamp,
    expiresAt: Timestamp,
    lastUsedAt: TimestampOrNone,
    revokedAt: TimestampOrNone,
  },
  { $id: 'ApiKey' },
);
export type ApiKeyView = Static<typeof ApiKeyView>;
export const ApiKeyList = Type.Object({ data: Type.Array(ApiKeyView) }, { $id: 'ApiKeyList' });
export type ApiKeyList = Static<typeof ApiKeyList>;

/** Query of `GET /v1/api-keys`. */
export const ApiKeysQuery = Type.Object({
  all: Type.Boolean({ default: false, description: 'those of everyone whose keys the caller may manage' }),
});
export type ApiKeysQuery = Static<typeof ApiKeysQuery>;

/** Body of `POST /v1/api-keys`. */
export const CreateApiKey = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 100 }),
    scopes: Type.Optional(Scopes),
    days: Days,
    user: Type.Optional(UserName),
    team: Type.Optional(TeamId),
  },
  { $id: 'CreateApiKey', additionalProperties: false },
);
export type CreateApiKey = Static<typeof CreateApiKey>;

/** Body of `POST /v1/api-keys/:id/rotate`. */
export const RotateApiKey = Type.Object(
  {
    days: Days,
    overlapHours: Type.Number({
      minimum: 0,
      maximum: 168,
      default: 24,
      description: 'hours for which the old key goes on',
    }),
  },
  { $id: 'RotateApiKey', additionalProperties: false },
);
export type RotateApiKey = Static<typeof RotateApiKey>;

/** A key that was just made, with its secret, which is never shown again. */
export const NewApiKey = Type.Object(
  { ...ApiKeyView.properties, key: Type.String({ description: '`crk_ID_SECRET`; cannot be shown again' }) },
  { $id: 'NewApiKey' },
);
export type NewApiKey = Static<typeof NewApiKey>;
