import type { LogLevel, LogPage, LogsQuery } from '@crucible/contracts';
import type { Batch, BatchReceipt } from './metrics.ts';

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
  /** Oldest first. @throws `not-found` for an unknown job */
  page(jobId: string, query: LogsQuery): Promise<LogPage>;
}
