import type { EndCode, JobState, Outcome } from '@crucible/contracts';
import type pg from 'pg';
import type { Database, Queryable } from './database.ts';
import { transaction } from './transaction.ts';

/** What changes from second to second. */
export interface CurrentFigures {
  jobs: { state: JobState; team: string; count: number }[];
  /** `bad`: of a worker that is lost */
  slots: { pool: string; state: 'free' | 'busy' | 'draining' | 'bad'; count: number }[];
  attemptsEnded: { outcome: Outcome; endCode: EndCode; count: number }[];
  /** age of the oldest dispatch that has not reached the queue, 0 when there is none */
  outboxLagSeconds: number;
  /** age of the oldest event without a place in the feed, 0 when there is none */
  feedLagSeconds: number;
  oldestTransactionSeconds: number;
  /** dead rows per live row of the table that has most of them */
  deadRowsRatio: number;
  /** keys in use that expire within a week */
  numKeysExpiring: number;
}

/** Sums over all that is stored, which take longer to read. */
export interface StoredFigures {
  /** `lost`: behind the last checkpoint of an attempt whose work did not stay */
  slotSeconds: { team: string; class: 'productive' | 'lost'; seconds: number }[];
  checkpointBytes: { logical: number; physical: number };
}

/** What operators watch. Read at a scrape, so each statement has a limit of its own. */
export interface Figures {
  current(limitMs: number): Promise<CurrentFigures>;
  stored(limitMs: number): Promise<StoredFigures>;
}

const JOBS = `select state, team_id as team, count(*) as count from job group by state, team_id`;

const SLOTS = `
  with slot as (
    select w.pool, case w.state when 'ready' then 'free' when 'lost' then 'bad' else 'draining' end as state,
      jsonb_array_length(w.slots) as total,
      (select coalesce(sum(j.slots), 0) from attempt a join job j on j.id = a.job_id
       where a.worker_id = w.id and a.state = 'running') as busy
    from worker w where w.state <> 'gone' and w.seen_at > now() - interval '1 day'
  )
  select pool, state, sum(case state when 'free' then greatest(0, total - busy) else total end)::int as count
  from slot group by pool, state
  union all
  select pool, 'busy', sum(least(total, busy))::int from slot where state = 'free' group by pool`;

const ATTEMPTS_ENDED = `
  select outcome, end_code as "endCode", count(*) as count from attempt where state = 'ended' group by outcome, end_code`;

const AGES = `
  select
    coalesce((select extract(epoch from now() - min(created_at)) from outbox where sent_at is null), 0)::float8
      as "outboxLagSeconds",
    coalesce((select extract(epoch from now() - min(time)) from event where seq is null), 0)::float8
      as "feedLagSeconds",
    coalesce((select extract(epoch from now() - min(xact_start)) from pg_stat_activity
      where datname = current_database() and state <> 'idle'), 0)::float8 as "oldestTransactionSeconds",
    coalesce((select max(n_dead_tup / greatest(n_live_tup, 1)::float8) from pg_stat_user_tables
      where n_dead_tup >= 10000), 0)::float8 as "deadRowsRatio",
    (select count(*) from api_key where revoked_at is null and last_used_at is not null
      and expires_at between now() and now() + interval '7 days') as "numKeysExpiring"`;

/** What an attempt did up to its last committed checkpoint stays whatever happens to it. */
const SLOT_SECONDS = `
  with spent as (
    select j.team_id as team, j.slots, a.claimed_at, coalesce(a.ended_at, now()) as until,
      case when a.state = 'running' or a.outcome in ('succeeded', 'released', 'paused', 'preempted')
        then coalesce(a.ended_at, now())
        else greatest(a.claimed_at, (select max(c.committed_at) from checkpoint c where c.attempt_id = a.id)) end as kept
    from attempt a join job j on j.id = a.job_id where a.claimed_at is not null
  )
  select team, 'productive' as class, sum(slots * extract(epoch from kept - claimed_at))::float8 as seconds
  from spent group by team
  union all
  select team, 'lost', sum(slots * extract(epoch from until - kept))::float8 from spent group by team`;

const CHECKPOINT_BYTES = `
  select (select coalesce(sum(bytes), 0) from checkpoint where state = 'committed')::float8 as logical,
    (select coalesce(sum(size), 0) from chunk)::float8 as physical`;

async function rowsOf<T extends pg.QueryResultRow>(client: Queryable, statement: string): Promise<T[]> {
  return (await client.query<T>(statement)).rows;
}

/** One row at least comes from each statement without a group. */
function only<T>(rows: readonly T[]): T {
  const [row] = rows;
  if (row === undefined) throw new Error('a statement without a group returned no row');
  return row;
}

export function createFigures({ pool }: Database): Figures {
  const reading = <T>(limitMs: number, work: (client: pg.PoolClient) => Promise<T>): Promise<T> =>
    transaction(pool, async (client) => {
      await client.query('set transaction read only');
      await client.query(`set local statement_timeout = ${Math.ceil(limitMs)}`);
      return work(client);
    });
  return {
    current: (limitMs) =>
      reading(limitMs, async (client) => ({
        jobs: await rowsOf(client, JOBS),
        slots: await rowsOf(client, SLOTS),
        attemptsEnded: await rowsOf(client, ATTEMPTS_ENDED),
        ...only(await rowsOf<Omit<CurrentFigures, 'jobs' | 'slots' | 'attemptsEnded'>>(client, AGES)),
      })),
    stored: (limitMs) =>
      reading(limitMs, async (client) => ({
        slotSeconds: await rowsOf(client, SLOT_SECONDS),
        checkpointBytes: only(await rowsOf<StoredFigures['checkpointBytes']>(client, CHECKPOINT_BYTES)),
      })),
  };
}
