import type { AuditEntry, AuditPage, AuditQuery } from '@crucible/contracts';
import type { Database } from './database.ts';
import { requiredJson } from './stored-text.ts';
import type { TeamFilter } from './team-filter.ts';

/** What is known of a request once it is answered. */
export interface AuditRecord {
  /** RFC 3339 */
  time: string;
  keyId: string | null;
  userId: string | null;
  teamId: string | null;
  ip: string;
  verb: string;
  route: string;
  objectId: string | null;
  status: number;
  requestId: string;
  fields: unknown;
}

/** Who changed what. Rows are added and never changed. */
export interface Audit {
  append(records: readonly AuditRecord[]): Promise<void>;
  /** Newest first: requests with keys of one team, or of every and of none. */
  page(query: AuditQuery, team: TeamFilter): Promise<AuditPage>;
}

type AuditRow = Omit<AuditEntry, 'id' | 'time'> & { id: number; time: Date };

export function createAudit({ pool }: Database): Audit {
  return {
    async append(records) {
      await pool.query(
        `insert into audit_entry
           (time, key_id, user_id, team_id, ip, verb, route, object_id, status, request_id, fields)
         select "time", "keyId", "userId", "teamId", "ip", "verb", "route", "objectId", "status", "requestId", "fields"
         from jsonb_to_recordset($1::jsonb) as r("time" timestamptz, "keyId" text, "userId" uuid, "teamId" text,
           "ip" text, "verb" text, "route" text, "objectId" text, "status" integer, "requestId" text, "fields" jsonb)`,
        [requiredJson(records)],
      );
    },
    async page({ limit, cursor, user, object }, team) {
      const conditions: string[] = [];
      const values: unknown[] = [];
      const where = (condition: (placeholder: string) => string, value: unknown) =>
        conditions.push(condition(`$${values.push(value)}`));
      if (team !== null) where((own) => `a.team_id = ${own}`, team);
      if (cursor !== undefined) where((last) => `a.id < ${last}::bigint`, cursor);
      if (user !== undefined) where((name) => `a.user_id = (select id from user_account where name = ${name})`, user);
      if (object !== undefined) where((id) => `a.object_id = ${id}`, object);
      const { rows } = await pool.query<AuditRow>(
        `select a.id, a.time, a.key_id as "keyId", u.name as "user", a.user_id as "userId", a.team_id as "team", a.ip,
           a.verb, a.route, a.object_id as "objectId", a.status, a.request_id as "requestId", a.fields
         from audit_entry a left join user_account u on u.id = a.user_id
         ${conditions.length > 0 ? `where ${conditions.join(' and ')}` : ''}
         order by a.id desc limit ${limit + 1}`,
        values,
      );
      const data = rows
        .slice(0, limit)
        .map(({ id, time, ...row }) => ({ ...row, id: String(id), time: time.toISOString() }));
      return { data, nextCursor: rows.length > limit ? (data.at(-1)?.id ?? null) : null };
    },
  };
}
