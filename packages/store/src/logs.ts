import { LOG_LEVELS, type LogLevel, type LogPage, type LogsQuery } from '@crucible/contracts';
import type pg from 'pg';
import type { Database } from './database.ts';
import type { Prisma } from './generated/client.ts';
import { acceptBatch, type Batch, type BatchReceipt } from './ingest-cursor.ts';
import { assertJobExists } from './job-lookup.ts';
import { escapeLike } from './like-pattern.ts';
import { storableJson, storableText } from './stored-text.ts';
import { transaction } from './transaction.ts';

export interface LogInput {
  /** milliseconds since 1970 */
  timeMs: number;
  level: LogLevel;
  message: string;
  fields: Record<string, unknown> | null;
}

export interface LogBatch extends Batch {
  lines: readonly LogInput[];
}

/** What methods say, line by line. */
export interface Logs {
  /** Stores a batch, once. @throws `stale-fence`; `sequence-gap` with `expected` in its detail */
  appendBatch(batch: LogBatch): Promise<BatchReceipt>;
  /**
   * Oldest first. `next` is the place of the last line read so far, also on the last page, where later lines will
   * follow it.
   *
   * @throws `not-found` for an unknown job
   */
  page(jobId: string, query: LogsQuery): Promise<LogPage>;
}

/** Lines are numbered from 1 within their attempt. */
function appendLines(pool: pg.Pool, batch: LogBatch): Promise<BatchReceipt> {
  const { lines } = batch;
  return transaction(pool, async (client) => {
    const accepted = await acceptBatch(client, batch, 'logs', lines.length);
    if (accepted === null) return { isDuplicate: true };
    await client.query(
      `insert into log_line (job_id, attempt, line, time, level, message, fields)
       select $1, $2, $3 + ordinal, to_timestamp(ms / 1000), level, message, fields
       from unnest($4::float8[], $5::text[], $6::text[], $7::jsonb[]) with ordinality
         as line (ms, level, message, fields, ordinal)`,
      [
        accepted.jobId,
        accepted.number,
        accepted.numRowsBefore,
        lines.map((line) => line.timeMs),
        lines.map((line) => line.level),
        lines.map((line) => storableText(line.message)),
        lines.map((line) => storableJson(line.fields)),
      ],
    );
    return { isDuplicate: false };
  });
}

/** The filter of a query, as Prisma takes it. */
function whereOf(jobId: string, { level, contains, after }: LogsQuery): Prisma.LogLineWhereInput {
  const [attempt, line] = (after ?? '').split(':').map(Number);
  return {
    jobId,
    ...(level === undefined ? {} : { level: { in: LOG_LEVELS.slice(LOG_LEVELS.indexOf(level)) } }),
    ...(contains === undefined ? {} : { message: { contains: escapeLike(contains), mode: 'insensitive' } }),
    ...(attempt === undefined || line === undefined
      ? {}
      : { OR: [{ attempt: { gt: attempt } }, { attempt, line: { gt: line } }] }),
  };
}

export function createLogs({ pool, prisma }: Database): Logs {
  return {
    appendBatch: (batch) => appendLines(pool, batch),
    async page(jobId, query) {
      await assertJobExists(pool, jobId);
      const where = whereOf(jobId, query);
      const isTail = query.tail !== undefined && query.after === undefined;
      const order = isTail ? 'desc' : 'asc';
      const rows = await prisma.logLine.findMany({
        where,
        orderBy: [{ attempt: order }, { line: order }],
        take: isTail ? (query.tail ?? query.limit) : query.limit,
      });
      if (isTail) rows.reverse();
      const last = rows.at(-1);
      return {
        data: rows.map(({ attempt, line, time, level, message, fields }) => ({
          attempt,
          line,
          time: time.toISOString(),
          level: level as LogLevel,
          message,
          fields: fields as Record<string, unknown> | null,
        })),
        next: last === undefined ? (query.after ?? null) : `${last.attempt}:${last.line}`,
      };
    },
  };
}
