import type { StorageUsage } from '@crucible/contracts';
import type pg from 'pg';
import { allowLongStatements } from './long-statement.ts';
import { transaction } from './transaction.ts';

/** Of team `$1`. Sizes of chunks lie beside their bytes, which are not read. */
const USAGE = `
  with kept as (
    select c.id, c.bytes from checkpoint c join job j on j.id = c.job_id where j.team_id = $1 and c.state = 'committed'
  ), files as (
    select a.id, a.bytes from artifact a join job j on j.id = a.job_id where j.team_id = $1
  ), named as (
    select k.sha256 from checkpoint_chunk k join kept on kept.id = k.checkpoint_id
    union select k.sha256 from artifact_chunk k join files on files.id = k.artifact_id
  )
  select $1 as team, (select count(*) from kept) as checkpoints, (select count(*) from files) as artifacts,
    (select coalesce(sum(bytes), 0) from (select bytes from kept union all select bytes from files) owned)::bigint
      as "logicalBytes",
    (select coalesce(sum(c.size), 0) from chunk c join named n on n.sha256 = c.sha256)::bigint as "physicalBytes"`;

/** See {@link Checkpoints.usage}. */
export const readStorageUsage = (pool: pg.Pool, teamId: string): Promise<StorageUsage> =>
  transaction(pool, async (client) => {
    await allowLongStatements(client);
    const { rows } = await client.query<StorageUsage>(USAGE, [teamId]);
    const [row] = rows;
    if (row === undefined) throw new Error('a sum over all rows gave none');
    return row;
  });
