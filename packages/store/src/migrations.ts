import type pg from 'pg';

/** The newest folder of `prisma/migrations`, which this code needs; a test compares. */
export const NEWEST_MIGRATION = '0014_job_order';

const UNDEFINED_TABLE = '42P01';

/** True when the newest migration has been applied to the database. */
export async function isMigrated(pool: pg.Pool): Promise<boolean> {
  try {
    const { rowCount } = await pool.query(
      `select from _prisma_migrations
       where migration_name = $1 and finished_at is not null and rolled_back_at is null`,
      [NEWEST_MIGRATION],
    );
    return rowCount === 1;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === UNDEFINED_TABLE) return false;
    throw error;
  }
}
