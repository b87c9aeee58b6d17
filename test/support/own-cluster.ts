import { after } from 'node:test';
import { Redis } from 'ioredis';
import { type TestDatabase, withDatabase } from './database.ts';
import { type OwnServers, startOwnServers } from './own-servers.ts';

/** Servers of the calling test file alone, with a database on them. */
export interface OwnCluster extends TestDatabase {
  readonly servers: OwnServers;
  /** a connection of the test itself, which comes back by itself */
  readonly redis: Redis;
}

/** Starts them. To be called at the top of a test file; they end with its tests. */
export async function withOwnCluster({ leaseSeconds }: { leaseSeconds?: number } = {}): Promise<OwnCluster> {
  const servers = await startOwnServers();
  const database = await withDatabase({
    serverUrl: servers.postgres.url,
    ...(leaseSeconds === undefined ? {} : { leaseSeconds }),
  });
  const redis = new Redis(servers.redis.url, { retryStrategy: () => 100 });
  redis.on('error', () => {}); // its server is killed on purpose
  // After the database has been dropped.
  after(async () => {
    redis.disconnect();
    await servers.close();
  });
  return { ...database, servers, redis };
}

/** How jobs came to their ends, and what went on their way. */
export interface Ends {
  jobs: number;
  /** jobs by state */
  states: Record<string, number>;
  /** jobs whose history does not tell of exactly one end */
  notOnce: number;
  /** jobs of which more than one attempt was claimed */
  ranTwice: number;
  /** attempts that a worker claimed */
  claimed: number;
  /** jobs with more than one live attempt */
  twoLive: number;
}

/** Counts the ends of all jobs of the database. */
export async function endsOf({ sql }: Pick<TestDatabase, 'sql'>): Promise<Ends> {
  const { rows } = await sql.query<Ends>(
    `select count(*)::int as jobs,
       (select json_object_agg(state, num) from (select state, count(*) as num from job group by state) s) as states,
       count(*) filter (where ends <> 1)::int as "notOnce", count(*) filter (where claims > 1)::int as "ranTwice",
       sum(claims)::int as claimed, count(*) filter (where live > 1)::int as "twoLive"
     from (
       select (select count(*) from event e where e.job_id = j.id and e.state in ('succeeded', 'failed', 'canceled')) as ends,
         count(a.id) filter (where a.claimed_at is not null) as claims,
         count(a.id) filter (where a.state <> 'ended') as live
       from job j left join attempt a on a.job_id = j.id group by j.id
     ) per_job`,
  );
  const [row] = rows;
  if (row === undefined) throw new Error('no counts');
  return row;
}
