/** Quotes a name for SQL. */
export const quoted = (name) => `"${name.replaceAll('"', '""')}"`;

const TABLES = `
  select c.relname as name,
    (select json_agg(a.attname order by a.attnum) from pg_attribute a
     where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns
  from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
  order by c.relname`;

/**
 * Every table of the service with the columns that hold data.
 *
 * @param {import('pg').Client} client
 * @returns {Promise<{ name: string, columns: string[] }[]>}
 */
export const tablesOf = async (client) => (await client.query(TABLES)).rows;

/**
 * What a database holds, for a comparison: rows per table, and one hash over the roots of all committed checkpoints.
 *
 * @param {import('pg').Client} client
 * @param {readonly { name: string }[]} tables
 * @returns {Promise<{ rows: Record<string, number>, roots: string }>}
 */
export async function contentOf(client, tables) {
  const rows = {};
  for (const { name } of tables) {
    const { rows: counted } = await client.query(`select count(*)::float8 as num from ${quoted(name)}`);
    rows[name] = counted[0].num;
  }
  const { rows: hashed } = await client.query(
    `select encode(sha256(convert_to(coalesce(string_agg(id::text || ' ' || root_sha256, E'\\n' order by id), ''), 'UTF8')), 'hex')
       as roots from checkpoint where state = 'committed'`,
  );
  return { rows, roots: hashed[0].roots };
}

const DAMAGE = `
  select (select count(*)::int from chunk where sha256(data) <> sha256) as damaged,
    (select count(*)::int from checkpoint_chunk cc join checkpoint c on c.id = cc.checkpoint_id
     where c.state = 'committed' and not exists (select from chunk k where k.sha256 = cc.sha256)) as missing`;

/**
 * What is wrong with the bytes of the stored chunks; empty when each has the hash that names it.
 *
 * @param {import('pg').Client} client
 * @returns {Promise<string[]>}
 */
export async function damageOf(client) {
  const { rows } = await client.query(DAMAGE);
  const [{ damaged, missing }] = rows;
  return [
    ...(damaged > 0 ? [`${damaged} chunks do not match their hash`] : []),
    ...(missing > 0 ? [`committed checkpoints miss ${missing} chunks`] : []),
  ];
}
