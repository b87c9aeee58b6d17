import { type QueuedJob, TIERS, type Tier } from '@crucible/contracts';

/** A queued job as the scheduler sees it, with what the store needs to change it. */
export interface StoredJob extends QueuedJob {
  /** a job that has changed since is passed over */
  version: number;
  /** a reason is stored with it */
  hasReason: boolean;
}

/** What is sent of a queued job as a number, and its place in the row. Null is sent as NaN. */
const NUMBERS = {
  version: 'j.version',
  hasReason: '(j.waiting is not null)::int',
  slots: 'j.slots',
  tier: `array_position(array[${TIERS.map((tier) => `'${tier}'`)}], j.tier)`,
  priority: 'j.priority',
  submittedAt: `date_part('epoch', j.submitted_at)`,
  waitingSince: `date_part('epoch', greatest(j.queued_at, j.not_before))`,
  notBefore: `date_part('epoch', j.not_before)`,
  hasFailed: '(j.attempt_count > 0)::int',
  maxRunSeconds: `(j.limits->>'maxRunSeconds')::float8`,
} as const;
type NumberName = keyof typeof NUMBERS;

/** None of them can hold a line break. */
const NAMES = { pool: 'j.pool', team: 'j.team_id', user: 'j.user_id', method: 'j.method' } as const;

const UUID_LENGTH = 36;
const DOUBLE_BYTES = 8;
const MS = 1000;

/** Queued jobs as the database sends them: each column of all jobs is one value, null when there is no job. */
export interface JobColumns {
  ids: string | null;
  avoidWorkers: Record<string, string | null> | null;
  /** column after column */
  numbers: Buffer | null;
  /** likewise, each name on a line */
  names: string | null;
}

const keysOf = Object.keys as <K extends string>(of: Record<K, unknown>) => K[];
const NUMBER_NAMES = keysOf(NUMBERS);
const NAME_NAMES = keysOf(NAMES);

const packed = (column: string): string => `string_agg(float8send(coalesce(${column}, 'NaN'::float8)), ''::bytea)`;

/**
 * Select list of a query over `job j` that gives {@link JobColumns}. Objects or rows for ten thousand jobs cost several
 * times more to write, send and read.
 *
 * @param faults SQL array of end codes after which the worker is avoided
 * @param recently SQL interval: for so long
 */
export const jobColumns = (faults: string, recently: string): string => `
  string_agg(j.id::text, '') as ids,
  json_object_agg(j.id, (
    select w.name from attempt a join worker w on w.id = a.worker_id
    where a.job_id = j.id and a.number = j.attempt_count and a.end_code = any(${faults}) and a.ended_at > now() - ${recently}
  )) filter (where j.attempt_count > 0) as "avoidWorkers",
  ${NUMBER_NAMES.map((name) => packed(NUMBERS[name])).join(' || ')} as numbers,
  concat_ws(e'\n', ${NAME_NAMES.map((name) => `string_agg(${NAMES[name]}::text, e'\n')`).join(', ')}) as names`;

/** Ten thousand jobs have a few teams between them: one string for each. */
function distinct(names: readonly string[]): string[] {
  const known = new Map<string, string>();
  return names.map((name) => {
    const same = known.get(name);
    if (same === undefined) known.set(name, name);
    return same ?? name;
  });
}

const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value);

/** The jobs of the columns, in their order. */
export function unpackJobs({ ids, avoidWorkers, numbers, names }: JobColumns): StoredJob[] {
  const count = (ids?.length ?? 0) / UUID_LENGTH;
  const view = numbers === null ? null : new DataView(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  const columnOf = (name: NumberName) => {
    const start = NUMBER_NAMES.indexOf(name) * count;
    return (index: number): number => view?.getFloat64((start + index) * DOUBLE_BYTES) ?? Number.NaN;
  };
  const lines = names?.split('\n') ?? [];
  const namesOf = (name: keyof typeof NAMES) => {
    const start = NAME_NAMES.indexOf(name) * count;
    return distinct(lines.slice(start, start + count));
  };
  const number = {
    version: columnOf('version'),
    hasReason: columnOf('hasReason'),
    slots: columnOf('slots'),
    tier: columnOf('tier'),
    priority: columnOf('priority'),
    submittedAt: columnOf('submittedAt'),
    waitingSince: columnOf('waitingSince'),
    notBefore: columnOf('notBefore'),
    hasFailed: columnOf('hasFailed'),
    maxRunSeconds: columnOf('maxRunSeconds'),
  };
  const name = { pool: namesOf('pool'), team: namesOf('team'), user: namesOf('user'), method: namesOf('method') };
  const time = (of: NumberName, index: number): number => Math.round(number[of](index) * MS);
  return Array.from({ length: count }, (_, index): StoredJob => {
    const id = (ids ?? '').slice(index * UUID_LENGTH, (index + 1) * UUID_LENGTH);
    return {
      id,
      version: number.version(index),
      hasReason: number.hasReason(index) === 1,
      pool: name.pool[index] ?? '',
      team: name.team[index] ?? '',
      user: name.user[index] ?? '',
      method: name.method[index] ?? '',
      slots: number.slots(index),
      tier: TIERS[number.tier(index) - 1] as Tier,
      priority: number.priority(index),
      submittedAt: time('submittedAt', index),
      waitingSince: time('waitingSince', index),
      notBefore: orNull(time('notBefore', index)),
      hasFailed: number.hasFailed(index) === 1,
      maxRunSeconds: orNull(number.maxRunSeconds(index)),
      avoidWorker: avoidWorkers?.[id] ?? null,
    };
  });
}
