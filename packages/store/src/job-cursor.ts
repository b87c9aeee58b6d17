import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { CrucibleError, type JobsQuery, NEWEST_FIRST } from '@crucible/contracts';
import type { Queryable } from './database.ts';
import type { TeamFilter } from './team-filter.ts';

/** The last job of a page: the next page holds what lies after it. */
export interface JobPosition {
  /** what its order goes by, when that is a metric and the job has a value of it */
  value: number | null;
  submittedAt: string;
  id: string;
}

/** Writes and reads the opaque cursors of one filter and order. */
export interface JobCursors {
  encode(position: JobPosition): string;
  /** @throws `cursor-mismatch` */
  decode(cursor: string): JobPosition;
}

const SIGNATURE_BYTES = 16;

/** What a cursor holds: the filter that it was made for and a position. */
type Signed = [filter: string, value: number | null, submittedAt: string, id: string];

/** Reads the secret that signs cursors; the first caller of a new database draws it. */
export async function readSigningSecret(client: Queryable): Promise<Buffer> {
  const read = () => client.query<{ secret: Buffer }>('select secret from signing_secret');
  let [row] = (await read()).rows;
  if (row === undefined) {
    await client.query('insert into signing_secret (secret) values ($1) on conflict do nothing', [randomBytes(32)]);
    [row] = (await read()).rows;
  }
  if (row === undefined) throw new Error('the signing secret could not be stored');
  return row.secret;
}

/** Cursors of the jobs of a team that `query` filters; the page size may change between pages, filter and order may not. */
export function jobCursors(secret: Buffer, query: JobsQuery, team: TeamFilter): JobCursors {
  const filter = createHash('sha256')
    .update(
      JSON.stringify([
        query.state ?? '',
        query.method ?? '',
        query.name ?? '',
        query.tag ?? '',
        query.parent ?? '',
        query.sort ?? NEWEST_FIRST,
        team,
      ]),
    )
    .digest('base64url')
    .slice(0, 16);
  const signature = (payload: string) =>
    createHmac('sha256', secret).update(payload).digest().subarray(0, SIGNATURE_BYTES);
  return {
    encode({ value, submittedAt, id }) {
      const payload = Buffer.from(JSON.stringify([filter, value, submittedAt, id])).toString('base64url');
      return `${payload}.${signature(payload).toString('base64url')}`;
    },
    decode(cursor) {
      const [payload = '', signed = ''] = cursor.split('.');
      const given = Buffer.from(signed, 'base64url');
      if (given.length !== SIGNATURE_BYTES || !timingSafeEqual(given, signature(payload)))
        throw new CrucibleError('cursor-mismatch', 'cursor: was not made by this service; start without one.');
      const [madeFor, value, submittedAt, id] = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Signed;
      if (madeFor !== filter)
        throw new CrucibleError('cursor-mismatch', 'cursor: was made for another filter or order; start without one.');
      return { value, submittedAt, id };
    },
  };
}
