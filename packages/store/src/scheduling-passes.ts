import { promisify } from 'node:util';
import { constants, gunzip, gzip } from 'node:zlib';
import { CrucibleError, type SchedulingPassSummary } from '@crucible/contracts';
import type { Queryable } from './database.ts';

/** What is kept of a pass that decided something. */
export interface NewPass {
  /** milliseconds since 1970: the `now` of the snapshot */
  now: number;
  numDispatched: number;
  numPreempted: number;
  /** decisions of the plan that met a change and were not applied */
  numRefused: number;
  /** snapshot, policy and plan: all that a replay needs */
  document: unknown;
}

const KEPT_ROWS = 500;
const KEPT_FOR = `interval '24 hours'`;

/** Stores a pass and drops those beyond the newest 500 and the last 24 hours. */
export async function recordPass(client: Queryable, pass: NewPass): Promise<void> {
  const { now, numDispatched, numPreempted, numRefused, document } = pass;
  const bytes = await promisify(gzip)(JSON.stringify(document), { level: constants.Z_BEST_SPEED });
  await client.query(
    `insert into scheduling_pass (time, num_dispatched, num_preempted, num_refused, document)
     values (to_timestamp($1 / 1000.0), $2, $3, $4, $5)`,
    [now, numDispatched, numPreempted, numRefused, bytes],
  );
  await client.query(
    `delete from scheduling_pass where time < now() - ${KEPT_FOR}
       or id <= (select id from scheduling_pass order by id desc offset ${KEPT_ROWS} limit 1)`,
  );
}

/** Newest first. */
export async function listPasses(client: Queryable, limit: number): Promise<SchedulingPassSummary[]> {
  const { rows } = await client.query<SchedulingPassSummary & { time: Date | string }>(
    `select id::text, time, num_dispatched as "numDispatched", num_preempted as "numPreempted",
       num_refused as "numRefused" from scheduling_pass p order by p.id desc limit $1`,
    [limit],
  );
  return rows.map((row) => ({ ...row, time: new Date(row.time).toISOString() }));
}

/** The stored document of a pass. @throws `not-found` */
export async function readPass(client: Queryable, id: string): Promise<unknown> {
  const { rows } = await client.query<{ document: Buffer }>(
    'select document from scheduling_pass where id = $1::bigint',
    [id],
  );
  const [row] = rows;
  if (row === undefined)
    throw new CrucibleError('not-found', `There is no scheduling pass ${id}; passes are kept for 24 hours.`);
  return JSON.parse((await promisify(gunzip)(row.document)).toString());
}
