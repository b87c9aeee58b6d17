import { type Keep, type KeepReason, LIVE_JOB_STATES } from '@crucible/contracts';
import type pg from 'pg';
import type { Queryable } from './database.ts';
import { isFiniteValue } from './finite-value.ts';

const LIVE = LIVE_JOB_STATES.map((state) => `'${state}'`).join(', ');

/** True for a checkpoint `c` that a running attempt resumed from, or with which a job is to start, as SQL. */
export const IS_IN_USE = `(
  exists (select from attempt r where r.resumed_checkpoint_id = c.id and r.state <> 'ended')
  or exists (select from job f where f.from_checkpoint_id = c.id and f.state in (${LIVE})))`;

/**
 * The value of metric `rule.metric` at the step of checkpoint `c`, or just before it, on the branch that the checkpoint
 * continues: of attempts up to its own, each up to where the ones after it resumed. A checkpoint is committed after the
 * points that were reported before it, so that the value is there.
 */
const METRIC_AT_STEP = `
  select p.value from series s
    join lateral (
      select a.number, least(c.step, (
        select min(coalesce(later.resumed_step, -1)) from attempt later
        where later.job_id = c.job_id and later.claimed_at is not null
          and later.number > a.number and later.number <= c.attempt)) as max_step
      from attempt a where a.job_id = c.job_id and a.number <= c.attempt
    ) branch on true
    join lateral (
      select p.step, p.attempt, p.value from metric_point p
      where p.series_id = s.id and p.attempt = branch.number and p.step <= branch.max_step
      order by p.step desc limit 1
    ) p on true
  where s.job_id = c.job_id and s.key = rule.metric
  order by p.step desc, p.attempt desc limit 1`;

/**
 * Committed checkpoints of job `$1` with why the rule in `$2` keeps them, as SQL: `id`, `value`, `kept_for`. Where `$2` is
 * null, the job's own rule counts. Of equal values the older one is the better; one without a finite value is none.
 */
export const JUDGED = `
  select c.id, v.value, array_remove(array[
      case when row_number() over (order by c.committed_at desc, c.id desc) <= rule.last then 'last' end,
      case when v.value is not null and row_number() over (
        order by v.value is null, case rule.mode when 'min' then v.value else -v.value end, c.committed_at, c.id
      ) <= rule.best then 'best' end,
      case when c.pinned then 'pinned' end,
      case when ${IS_IN_USE} then 'in-use' end], null) as kept_for
  from job j
    cross join lateral jsonb_to_record(coalesce($2::jsonb, j.keep)) as rule (last int, best int, metric text, mode text)
    join checkpoint c on c.job_id = j.id and c.state = 'committed'
    left join lateral (
      select m.value from (${METRIC_AT_STEP}) m where ${isFiniteValue('m.value')}
    ) v on rule.metric is not null
  where j.id = $1`;

/** What a rule says of one committed checkpoint. */
export interface Judgement {
  id: string;
  /** empty: the rule removes it */
  kept_for: KeepReason[];
}

/** What a rule, or the job's own, says of each committed checkpoint. */
export async function judge(client: Queryable, jobId: string, rule: Keep | null): Promise<Judgement[]> {
  const { rows } = await client.query<Judgement>(`select id, kept_for from (${JUDGED}) judged`, [
    jobId,
    rule === null ? null : JSON.stringify(rule),
  ]);
  return rows;
}

/**
 * Removes the committed checkpoints that the job's rule no longer keeps, inside the transaction of a commit.
 *
 * They are locked before they are judged: a pin, or a job that is to start from one, is seen or waits, and then finds
 * it gone.
 *
 * @returns the ids of those removed
 */
export async function removeUnkept(client: pg.PoolClient, jobId: string): Promise<string[]> {
  await client.query(
    `select id from checkpoint where job_id = $1 and state = 'committed' order by id for no key update`,
    [jobId],
  );
  const judged = await judge(client, jobId, null);
  const needless = judged.filter(({ kept_for }) => kept_for.length === 0).map(({ id }) => id);
  if (needless.length > 0) await removeCheckpoints(client, needless);
  return needless;
}

/**
 * Takes committed checkpoints out of use. Their chunks count as used just now, so that whoever reads one at this moment
 * comes to its end. Chunks that somebody else holds are passed over: who holds checkpoints must not wait for chunks, since
 * whoever condemns a chunk waits the other way round.
 */
export async function removeCheckpoints(client: pg.PoolClient, ids: readonly string[]): Promise<void> {
  await client.query(`update checkpoint set state = 'deleted' where id = any($1::uuid[])`, [ids]);
  await client.query(
    `with named as (
       delete from checkpoint_chunk where checkpoint_id = any($1::uuid[]) returning sha256
     ), free as materialized (
       select c.sha256 from chunk c where c.sha256 in (select n.sha256 from named n) for no key update skip locked
     )
     update chunk c set touched_at = now() from free f where c.sha256 = f.sha256`,
    [ids],
  );
}
