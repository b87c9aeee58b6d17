import pg from 'pg';
import type { Database } from './database.ts';
import { directConnection } from './database.ts';

/** The lead, held by this process until it is released or its connection breaks. */
export interface Leadership {
  readonly isHeld: boolean;
  /** Aborted when the connection breaks: stop leading at once. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

/** The choice of the one process that schedules, relays and repairs: a lock in Postgres on a connection of its own. */
export interface Leader {
  /** null while another process leads. */
  tryLead(): Promise<Leadership | null>;
  /** True when some process leads. */
  isLed(): Promise<boolean>;
}

/** Key of the advisory lock; advisory locks of different databases do not meet. */
const LEADER_LOCK = 4_200_000;

/** What `pg_locks` shows of a lock with one 64-bit key: its halves. */
const IS_LED = `
  select exists (
    select from pg_locks
    where locktype = 'advisory' and granted and classid = 0 and objid = $1 and objsubid = 1
      and database = (select oid from pg_database where datname = current_database())
  ) as is_led`;

export function createLeader(
  { pool }: Database,
  databaseUrl: string,
  applicationName: string,
): { part: Leader; close(): Promise<void> } {
  const held = new Set<Leadership>();

  const tryLead = async (): Promise<Leadership | null> => {
    const client = new pg.Client(directConnection(databaseUrl, `${applicationName} leader`));
    const broken = new AbortController();
    let isHeld = false;
    const lose = () => {
      isHeld = false;
      held.delete(leadership);
      broken.abort();
    };
    const leadership: Leadership = {
      get isHeld() {
        return isHeld;
      },
      lost: broken.signal,
      async release() {
        isHeld = false;
        held.delete(leadership);
        await client.end(); // the lock goes with its connection
      },
    };
    client.on('error', lose);
    await client.connect();
    const { rows } = await client.query<{ is_mine: boolean }>('select pg_try_advisory_lock($1) as is_mine', [
      LEADER_LOCK,
    ]);
    if (rows[0]?.is_mine !== true) {
      await client.end();
      return null;
    }
    isHeld = true;
    held.add(leadership);
    return leadership;
  };

  return {
    part: {
      tryLead,
      async isLed() {
        const { rows } = await pool.query<{ is_led: boolean }>(IS_LED, [LEADER_LOCK]);
        return rows[0]?.is_led ?? false;
      },
    },
    async close() {
      await Promise.all([...held].map((leadership) => leadership.release()));
    },
  };
}
