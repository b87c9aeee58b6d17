import type { FinishedJob, JobPool } from './job-pool.ts';

/** What every condition came to, in order of the seeds: those of two conditions pair up. */
export type ByCondition<Name extends string, Summary> = Readonly<Record<Name, readonly FinishedJob<Summary>[]>>;

/** Runs every condition, a config by name, at every seed. All methods draw data and first weights by seed. */
export async function runGrid<Summary, Name extends string = string>(
  pool: JobPool,
  conditions: Readonly<Record<Name, Readonly<Record<string, unknown>>>>,
  seeds: readonly number[],
): Promise<ByCondition<Name, Summary>> {
  const names = Object.keys(conditions) as Name[];
  const jobs = names.flatMap((name) =>
    seeds.map((seed) => ({ name: `${name}, seed ${seed}`, seed, config: conditions[name] })),
  );
  const finished = await pool.run<Summary>(jobs);
  const entries = names.map((name, i) => [name, finished.slice(i * seeds.length, (i + 1) * seeds.length)]);
  return Object.fromEntries(entries) as Record<Name, FinishedJob<Summary>[]>;
}
