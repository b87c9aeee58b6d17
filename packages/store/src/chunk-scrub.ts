import type pg from 'pg';
import { type CorruptCheckpoint, condemn } from './checkpoint-corrupt.ts';
import { transaction } from './transaction.ts';

/** Chunks that one statement reads: at most 32 MiB, a fraction of a second. */
const BATCH = 32;

/** What one pass of the scrub found. */
export interface ScrubReport {
  /** chunks that were read */
  numRead: number;
  /** hashes of the damaged ones, which are deleted */
  damaged: string[];
  /** committed checkpoints that named one of them, now out of use */
  corrupt: CorruptCheckpoint[];
}

/** Chunks that are due in a pass that is to read `share` of all; at least one, so that a small store is read, too. */
async function numDue(pool: pg.Pool, share: number): Promise<number> {
  const { rows } = await pool.query<{ num: number }>('select count(*) as num from chunk');
  return Math.ceil((rows[0]?.num ?? 0) * Math.min(1, share));
}

interface ReadChunk {
  sha256: Buffer;
  is_sound: boolean;
}

/** Locks only what nobody else holds: an upload that touches chunks never waits in a circle with this. */
const READ_OLDEST = `
  with due as materialized (
    select sha256 from chunk order by verified_at, sha256 limit $1 for no key update skip locked
  )
  update chunk c set verified_at = clock_timestamp() from due d where c.sha256 = d.sha256
  returning c.sha256, sha256(c.data) = c.sha256 as is_sound`;

/** See {@link Checkpoints.scrub}. */
export async function scrubChunks(pool: pg.Pool, share: number): Promise<ScrubReport> {
  const report: ScrubReport = { numRead: 0, damaged: [], corrupt: [] };
  const due = await numDue(pool, share);
  while (report.numRead < due) {
    const { rows } = await pool.query<ReadChunk>(READ_OLDEST, [Math.min(BATCH, due - report.numRead)]);
    if (rows.length === 0) break; // all that is left is in use
    report.numRead += rows.length;
    for (const { sha256 } of rows.filter((row) => !row.is_sound)) {
      report.damaged.push(sha256.toString('hex'));
      report.corrupt.push(...(await transaction(pool, (client) => condemn(client, [sha256]))));
    }
  }
  return report;
}
