import type pg from 'pg';

/**
 * Gives the rest of the transaction two minutes per statement. For work that grows with a job's history or with what
 * there is to delete, where running into the usual limit would only mean to fail the same way again.
 */
export async function allowLongStatements(client: pg.PoolClient): Promise<void> {
  await client.query(`set local statement_timeout = '2min'`);
}
