import { type Static, Type } from 'typebox';

const TextOrNone = (description: string) => Type.Union([Type.String(), Type.Null()], { description });
const EntryId = Type.String({ pattern: '^[0-9]{1,18}$' });

/** One request that changed something, or was refused to. */
export const AuditEntry = Type.Object(
  {
    id: EntryId,
    time: Type.String({ format: 'date-time', description: 'when it was answered' }),
    keyId: TextOrNone('null: the request had no valid key'),
    user: TextOrNone('name of the user; null: unknown or deleted'),
    userId: TextOrNone('id of the user'),
    team: TextOrNone('team of the key'),
    ip: Type.String(),
    verb: Type.String({ description: 'HTTP method' }),
    route: Type.String({ description: 'pattern of the address' }),
    objectId: TextOrNone('what the address names, or what was made'),
    status: Type.Integer({ description: 'of the answer; 400 and above: nothing was changed' }),
    requestId: Type.String(),
    fields: Type.Unknown({ description: 'fields of the body, without secrets, long ones as their size; null: none' }),
  },
  { $id: 'AuditEntry' },
);
export type AuditEntry = Static<typeof AuditEntry>;

/** Newest first. */
export const AuditPage = Type.Object(
  { data: Type.Array(AuditEntry), nextCursor: Type.Union([EntryId, Type.Null()]) },
  { $id: 'AuditPage' },
);
export type AuditPage = Static<typeof AuditPage>;

/** Query of `GET /v1/audit`. */
export const AuditQuery = Type.Object({
  limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
  cursor: Type.Optional(EntryId),
  user: Type.Optional(Type.String({ maxLength: 80, description: 'only requests of the user of this name' })),
  object: Type.Optional(Type.String({ maxLength: 200, description: 'only requests about this object' })),
});
export type AuditQuery = Static<typeof AuditQuery>;
