import { parseArgs } from 'node:util';
import { createClient } from '@crucible/client';
import { tellLastLine } from '../../last-line.ts';
import { claimTable, type Findings, overallVerdict, reportLine } from './claim.ts';
import { createJobPool, type JobPool } from './job-pool.ts';
import { effectText } from './paired-effect.ts';

/** Waits between tries of a request: a reproduction outlasts a service that is started afresh, and a rate limit. */
const RETRY_WAITS_MS = [500, 1000, 2000, 5000, 10_000, 20_000, 30_000];

/**
 * Runs a reproduction: `protocol` submits jobs to the pool and judges what they left. Prints progress, the table of
 * claims and at last the line of JSON. The exit code is 1 if a job failed; a claim that is not confirmed is a result.
 *
 * @param id method id
 */
export async function reproduce(id: string, protocol: (pool: JobPool) => Promise<Findings>): Promise<void> {
  const { values } = parseArgs({ options: { fresh: { type: 'boolean', default: false } } });
  const baseUrl = variable('CRUCIBLE_URL', id);
  const client = createClient({ baseUrl, key: variable('CRUCIBLE_KEY', id), retryWaitsMs: RETRY_WAITS_MS });
  const startedAt = performance.now();
  const pool = createJobPool({
    client,
    id,
    pool: process.env.CRUCIBLE_REPRODUCE_POOL ?? null,
    build: process.env.CRUCIBLE_BUILD ?? JSON.stringify(await client.version()),
    isFresh: values.fresh,
    say: (line) => console.log(`[${((performance.now() - startedAt) / 60_000).toFixed(1)} min] ${id}: ${line}`),
  });
  const findings = await protocol(pool);
  const { effect, claims } = findings;
  console.log(`\n${claimTable(claims)}\n`);
  console.log(`${effect.name}: ${effectText(effect)} over ${effect.seeds} seeds`);
  console.log(`${id}: ${overallVerdict(claims)}, ${pool.minutes.toFixed(1)} minutes of jobs\n`);
  await tellLastLine(reportLine(id, findings, pool.minutes));
}

function variable(name: string, id: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set: run ./crucible reproduce ${id}`);
  return value;
}
