import { APP_ROLE } from '../lib/app-role.mjs';
import { connectPostgres } from '../lib/postgres-connect.mjs';
import { ok, problem } from './finding.mjs';
import { databaseUrl, isInstalled } from './servers.mjs';

const NOT_RUNNING = 'not examined: Postgres does not run';
/** Nothing here depends on the clock of a machine, but people compare logs. */
const SKEW_LIMIT_MS = 2000;
/** What commits must survive; a value beside the wanted one loses what a client was told. */
const WANTED = { fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on', autovacuum: 'on' };
/** API processes and workers with their pools, and somebody who looks. */
const CONNECTIONS_NEEDED = 50;
/** As in the store: key of the advisory lock of the leader. */
const LEADER_LOCK = 4_200_000;

/** Runs `examine` on a connection; a finding of its own when there is no server. */
async function onDatabase(dir, examine) {
  const url = databaseUrl(dir);
  if (url === null || !isInstalled()) return ok(NOT_RUNNING);
  const client = await connectPostgres(url);
  try {
    return await examine(client);
  } finally {
    await client.end();
  }
}

/** @returns {Promise<import('./finding.mjs').Finding>} */
export const examineClock = (dir) =>
  onDatabase(dir, async (client) => {
    const before = Date.now();
    const { rows } = await client.query('select extract(epoch from clock_timestamp())::float8 * 1000 as now');
    const skewMs = Math.round(rows[0].now - (before + Date.now()) / 2);
    const said = `${Math.abs(skewMs)} ms ${skewMs < 0 ? 'ahead of' : 'behind'} the database's`;
    if (Math.abs(skewMs) <= SKEW_LIMIT_MS) return ok(said);
    return problem(said, "let NTP set both clocks; leases are safe, they run on the database's clock alone");
  });

/** @returns {Promise<import('./finding.mjs').Finding>} */
export const examineSettings = (dir) =>
  onDatabase(dir, async (client) => {
    const { rows } = await client.query('select name, setting from pg_settings where name = any($1)', [
      [...Object.keys(WANTED), 'max_connections', 'server_version_num'],
    ]);
    const is = Object.fromEntries(rows.map(({ name, setting }) => [name, setting]));
    const faults = Object.entries(WANTED)
      .filter(([name, value]) => is[name] !== value)
      .map(([name, value]) => `${name} is ${is[name]}, not ${value}`);
    if (Number(is.max_connections) < CONNECTIONS_NEEDED)
      faults.push(`max_connections is ${is.max_connections}, fewer than ${CONNECTIONS_NEEDED}`);
    if (faults.length === 0) return ok(`commits are durable, ${is.max_connections} connections`);
    return problem(faults.join('; '), 'set them in postgresql.conf and restart the server');
  });

/** @returns {Promise<import('./finding.mjs').Finding>} */
export const examineRole = (dir) =>
  onDatabase(dir, async (client) => {
    const { rows } = await client.query(
      `select distinct usename as name, r.rolsuper or pg_has_role(usesysid, c.relowner, 'member') as may_change
       from pg_stat_activity join pg_roles r on r.rolname = usename, pg_class c
       where datname = current_database() and c.oid = 'job'::regclass
         and (application_name = 'crucible-api' or application_name like 'crucible-worker%')`,
    );
    if (rows.length === 0) return ok('not examined: neither API nor worker is connected');
    const names = rows.map(({ name }) => name).join(', ');
    if (!rows.some(({ may_change: mayChange }) => mayChange)) return ok(`${names}: reads and writes rows, no more`);
    return problem(
      `${names}: API or workers may change the schema`,
      `let them log in as ${APP_ROLE}, see "Database role" in docs/operations.md`,
    );
  });

/** @returns {Promise<import('./finding.mjs').Finding>} */
export const examineLeader = (dir, { base }) =>
  onDatabase(dir, async (client) => {
    if (base === null) return ok('not examined: no service runs here');
    const { rows } = await client.query(
      `select (select count(*) from pg_locks where locktype = 'advisory' and granted and classid = 0 and objid = $1
         and database = (select oid from pg_database where datname = current_database()))::int as num,
       (select extract(epoch from now() - max(finished_at))::int from reconcile_pass) as age`,
      [LEADER_LOCK],
    );
    const [{ num, age }] = rows;
    const remedy = 'look into api.log for why no process leads; run ./crucible down, then up';
    if (num === 0) return problem('no API process leads: queued jobs wait', remedy);
    if (age !== null && age > 60) return problem(`the leader has repaired nothing for ${age} s`, remedy);
    return ok(`some API process leads, last repair pass ${age ?? '?'} s ago`);
  });
