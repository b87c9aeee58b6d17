import type { Store } from '@crucible/store';
import type { Service } from './service.ts';

/** Speeds are measured, not computed: no two runs share them. */
const isSpeed = (name: string): boolean => /per-second|PerSecond/.test(name);

/** All that must not depend on what happened on the way of a job. */
export interface Result {
  summary: Record<string, unknown>;
  curves: Record<string, { steps: number[]; values: unknown[] }>;
  /** names and SHA-256: structure, weights, history */
  artifacts: { name: string; sha256: string }[];
}

export async function resultOf(store: Store, jobId: string): Promise<Result> {
  const curves: Result['curves'] = {};
  for (const { key } of (await store.metrics.series(jobId)).filter((one) => !isSpeed(one.key))) {
    const { steps, values } = await store.metrics.points(jobId, { key, maxPoints: 5000 });
    curves[key] = { steps: [...steps], values: [...values] };
  }
  const summary = Object.entries((await store.jobs.get(jobId)).summary as object);
  const artifacts = (await store.artifacts.list(jobId)).map(({ name, sha256 }) => ({ name, sha256 }));
  return {
    summary: Object.fromEntries(summary.filter(([name]) => !isSpeed(name))),
    curves,
    artifacts: artifacts.sort((a, b) => a.name.localeCompare(b.name)),
  };
}

/** What differs between two results, by name; none when they are equal to the last bit. */
export function differences(quiet: Result, found: Result): string[] {
  const parts = (result: Result): [string, unknown][] => [
    ['summary', result.summary],
    ...Object.entries(result.curves),
    ...result.artifacts.map(({ name, sha256 }): [string, unknown] => [name, sha256]),
  ];
  const other = new Map(parts(found));
  const names = new Set([...parts(quiet), ...other].map(([name]) => name));
  const expected = new Map(parts(quiet));
  return [...names].filter((name) => JSON.stringify(expected.get(name)) !== JSON.stringify(other.get(name)));
}

/** Signs that something of a job ran or was stored twice. */
export async function doublesOf({ sql }: Pick<Service, 'sql'>, jobId: string, { curves }: Result): Promise<string[]> {
  const { rows } = await sql.query(
    `select count(*) filter (where state in ('succeeded', 'failed', 'canceled')) as ends,
       (select count(*) from attempt where job_id = $1 and outcome = 'succeeded') as successes
     from event where job_id = $1`,
    [jobId],
  );
  const repeated = Object.entries(curves).filter(([, { steps }]) =>
    steps.some((step, at) => step <= (steps[at - 1] ?? -1)),
  );
  return [
    ...(Number(rows[0]?.ends) === 1 ? [] : [`${rows[0]?.ends} ends`]),
    ...(Number(rows[0]?.successes) === 1 ? [] : [`${rows[0]?.successes} successful attempts`]),
    ...repeated.map(([name]) => `steps of ${name} twice`),
  ];
}
