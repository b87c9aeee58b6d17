import { createHash } from 'node:crypto';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { PrismaClient } from './generated/client.ts';

const INT8_OID = 20;

/** What the parts of the store reach Postgres through; both share one set of connections. */
export interface Database {
  /** state moves, batches and bytes */
  pool: pg.Pool;
  /** plain reads and simple writes */
  prisma: PrismaClient;
  leaseSeconds: number;
}

/** A pool or one of its connections. */
export type Queryable = Pick<pg.Pool, 'query'> | Pick<pg.PoolClient, 'query'>;

/** Settings of a connection outside the pool, for a listener or the lead. */
export const directConnection = (databaseUrl: string, applicationName: string): pg.ClientConfig => ({
  connectionString: databaseUrl,
  application_name: applicationName,
  keepAlive: true,
  connectionTimeoutMillis: 5000,
});

export interface DatabaseOptions {
  databaseUrl: string;
  applicationName: string;
  poolSize: number;
  leaseSeconds: number;
  /** a call without an answer fails after this time, and its connection is given up; null: never */
  answerLimitMs: number | null;
  /** told how long each statement or transaction waited for a connection, in seconds */
  onPoolWait?: (seconds: number) => void;
}

/** Opens the pool. Nothing connects before the first query. */
export function openDatabase(options: DatabaseOptions): Database {
  const { databaseUrl, applicationName, poolSize, leaseSeconds, answerLimitMs, onPoolWait } = options;
  const pool = new pg.Pool({
    ...directConnection(databaseUrl, applicationName),
    max: poolSize,
    statement_timeout: 10_000,
    lock_timeout: 2000,
    idle_in_transaction_session_timeout: 10_000,
    ...(answerLimitMs === null ? {} : { query_timeout: answerLimitMs }),
    types: { getTypeParser },
  });
  // A connection that breaks between two statements tells so by an event, which ends the process if nobody listens.
  // The next statement on it fails, and the pool replaces it.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  if (onPoolWait !== undefined) measureWaits(pool, onPoolWait);
  const adapter = new PrismaPg(pool, { statementNameGenerator });
  return { pool, prisma: new PrismaClient({ adapter }), leaseSeconds };
}

/** Tells how long each request for a connection waited. Queries of the pool ask by callback, transactions by promise. */
function measureWaits(pool: pg.Pool, onPoolWait: (seconds: number) => void): void {
  const connect = pool.connect.bind(pool) as (done?: (...result: unknown[]) => void) => Promise<pg.PoolClient>;
  const measured = (done?: (...result: unknown[]) => void) => {
    const start = performance.now();
    const tell = () => onPoolWait((performance.now() - start) / 1000);
    if (done === undefined) return connect().finally(tell);
    return connect((...result) => {
      tell();
      done(...result);
    });
  };
  pool.connect = measured as typeof pool.connect;
}

/** Counters and steps are bigint in the database and exact numbers here. */
const getTypeParser: pg.CustomTypesConfig['getTypeParser'] = (oid, format) =>
  oid === INT8_OID && format !== 'binary' ? safeInteger : pg.types.getTypeParser(oid, format);

function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is too large for an exact number`);
  return value;
}

const statementNames = new Map<string, string>();

/** Names Prisma's statements, so that Postgres plans each only once per connection. */
function statementNameGenerator({ sql }: { sql: string }): string {
  let name = statementNames.get(sql);
  if (name === undefined) {
    name = createHash('sha1').update(sql).digest('hex');
    statementNames.set(sql, name);
  }
  return name;
}
