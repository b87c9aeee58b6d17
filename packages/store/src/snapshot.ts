import type { Snapshot, TeamShare } from '@crucible/contracts';
import type { Queryable } from './database.ts';
import { type JobColumns, jobColumns, type StoredJob, unpackJobs } from './queued-jobs.ts';
import { TEAM_USE } from './team-share.ts';
import { COOL_OFF_FAULTS, WORKER_FAULTS } from './worker-faults.ts';

/** What a pass looks at, with what the store needs to apply its decisions. */
export interface SchedulingSnapshot extends Snapshot {
  /** milliseconds since 1970, of the database's clock */
  now: number;
  jobs: StoredJob[];
}

/** The terms of the policy that the database needs to know. */
export interface SnapshotTerms {
  halfLifeSeconds: number;
  coolOffSeconds: number;
  coolOffFailures: number;
}

/** What changes slowly and costs too much to be read at each pass. */
export interface SlowFacts {
  medianRunSeconds: Record<string, number>;
  /** slot-hours of the last week by team */
  urgentHours: Record<string, number>;
}

const ms = (column: string): string => `(extract(epoch from ${column}) * 1000)::bigint`;

/**
 * One statement sees one state of the database: a job cannot be missing from the queue and from the workers.
 */
const SNAPSHOT = `
  with failing as (
    select w.name, max(a.ended_at) as last_at
    from attempt a join worker w on w.id = a.worker_id
    where a.outcome in ('failed', 'lost') and a.ended_at > now() - $2 * interval '1 second' and a.end_code = any($4)
    group by w.name
    -- all that a worker loses when it dies is one failure
    having count(distinct case a.end_code when 'infrastructure' then a.id else a.worker_id end) >= $3
  )
  select ${ms('now()')}::float8 as now,
    (select coalesce(json_agg(json_build_object(
       'id', j.id, 'pool', j.pool, 'needs', (
         select coalesce(json_agg(n.needs_job_id order by n.needs_job_id), '[]') from job_need n
         where n.job_id = j.id and not n.is_met)
     ) order by j.submitted_at, j.id), '[]') from job j where j.state = 'blocked') as blocked,
    (select coalesce(json_agg(json_build_object(
       'jobId', j.id, 'fence', a.fence, 'team', j.team_id, 'user', j.user_id, 'method', j.method, 'tier', a.tier,
       'pool', j.pool, 'slots', j.slots, 'workerId', a.worker_id,
       'state', case when j.state = 'stopping' then 'stopping' else a.state end,
       'startedAt', ${ms('coalesce(a.claimed_at, a.dispatched_at)')}, 'maxRunSeconds', (j.limits->>'maxRunSeconds')::int,
       'savedAt', (select ${ms('max(c.committed_at)')} from checkpoint c
                   where c.job_id = j.id and c.state = 'committed' and c.committed_at > a.claimed_at)
     ) order by j.id), '[]')
     from attempt a join job j on j.id = a.job_id where a.state <> 'ended') as held,
    (select coalesce(json_agg(json_build_object(
       'id', w.id, 'name', w.name, 'pool', w.pool, 'slots', jsonb_array_length(w.slots),
       'coolOffUntil', ${ms(`f.last_at + $2 * interval '1 second'`)}
     ) order by w.name), '[]') from worker w left join failing f on f.name = w.name where w.state = 'ready') as workers,
    (select json_agg(json_build_object(
       'id', t.id, 'weight', t.weight, 'guaranteedSlots', t.guaranteed_slots, 'maxSlots', t.max_slots,
       'maxSlotsPerUser', t.max_slots_per_user, 'usedSlotSeconds', u.slot_seconds, 'maxUrgentHours', t.urgent_slot_hours
     ) order by t.id) from team t join (${TEAM_USE}) u on u.team_id = t.id) as teams,
    queued.*
  from (
    select ${jobColumns('$5', `$2 * interval '1 second'`)} from job j
    where j.state = 'queued' and not exists (select from attempt a where a.job_id = j.id and a.state <> 'ended')
  ) queued`;

interface SnapshotRow extends Omit<SchedulingSnapshot, 'jobs' | 'teams' | 'medianRunSeconds'>, JobColumns {
  teams: Omit<TeamShare, 'usedUrgentHours'>[] | null;
}

/** See {@link Scheduling.snapshot}. */
export async function readSnapshot(
  client: Queryable,
  terms: SnapshotTerms,
  facts: SlowFacts,
): Promise<SchedulingSnapshot> {
  const { rows } = await client.query<SnapshotRow>({
    name: 'scheduling-snapshot',
    text: SNAPSHOT,
    values: [terms.halfLifeSeconds, terms.coolOffSeconds, terms.coolOffFailures, COOL_OFF_FAULTS, WORKER_FAULTS],
  });
  const [row] = rows;
  if (row === undefined) throw new Error('the snapshot has no row');
  const { now, blocked, held, workers } = row;
  return {
    now,
    jobs: unpackJobs(row),
    blocked,
    held,
    workers,
    teams: (row.teams ?? []).map((team) => ({ ...team, usedUrgentHours: facts.urgentHours[team.id] ?? 0 })),
    medianRunSeconds: facts.medianRunSeconds,
  };
}

const WEEK = `interval '7 days'`;
/** Successful attempts that the medians are taken from, newest first. */
const MEDIAN_SAMPLE = 2000;

const SLOW_FACTS = `
  select
    (select coalesce(json_object_agg(method, seconds), '{}') from (
       select j.method, percentile_cont(0.5) within group (order by extract(epoch from a.ended_at - a.claimed_at)) as seconds
       from (select * from attempt where outcome = 'succeeded' order by ended_at desc limit ${MEDIAN_SAMPLE}) a
         join job j on j.id = a.job_id
       where a.resumed_step is null group by j.method) m) as "medianRunSeconds",
    (select coalesce(json_object_agg(team_id, hours), '{}') from (
       select j.team_id, sum(j.slots * extract(epoch from
           coalesce(a.ended_at, now()) - greatest(a.claimed_at, now() - ${WEEK}))) / 3600 as hours
       from attempt a join job j on j.id = a.job_id
       where a.tier = 'urgent' and a.claimed_at is not null and (a.ended_at is null or a.ended_at > now() - ${WEEK})
       group by j.team_id) h) as "urgentHours"`;

/** See {@link Scheduling.slowFacts}. */
export async function readSlowFacts(client: Queryable): Promise<SlowFacts> {
  const { rows } = await client.query<SlowFacts>(SLOW_FACTS);
  const [row] = rows;
  if (row === undefined) throw new Error('the facts have no row');
  return row;
}
