import type { Queryable } from './database.ts';

/**
 * Decayed slot-seconds of an attempt that holds `s` slots from `from` to `until`, as of now: the integral of
 * `s e^(-r t)` over its time, with the rate `r = ln 2 / h` of the half-life `h` in `$1`.
 */
const decayedUse = (slots: string, from: string, until: string): string => {
  const kept = (time: string) => `exp(-ln(2::float8) / $1::float8 * extract(epoch from now() - ${time})::float8)`;
  return `${slots} * $1::float8 / ln(2::float8) * (${kept(until)} - ${kept(from)})`;
};

const DECAYED_SHARE = `s.slot_seconds * exp(-ln(2::float8) / $1::float8 * extract(epoch from now() - s.as_of)::float8)`;

/** `team_id` and `slot_seconds` of every team as of now: what is charged, what is not charged yet, what runs. */
export const TEAM_USE = `
  select t.id as team_id, coalesce(${DECAYED_SHARE}, 0) + coalesce(n.slot_seconds, 0) as slot_seconds
  from team t left join team_share s on s.team_id = t.id left join (
    select j.team_id, sum(${decayedUse('j.slots', 'a.claimed_at', 'coalesce(a.ended_at, now())')}) as slot_seconds
    from attempt a join job j on j.id = a.job_id
    where (a.state <> 'ended' or (a.state = 'ended' and not a.is_charged)) and a.claimed_at is not null
    group by j.team_id
  ) n on n.team_id = t.id`;

/**
 * Moves the use of ended attempts into the shares of their teams. Each attempt is charged once: the mark on its row
 * and the change of the share are one statement.
 */
const CHARGE = `
  with charged as (
    update attempt set is_charged = true where state = 'ended' and not is_charged
    returning job_id, claimed_at, ended_at
  ), used as (
    select j.team_id, coalesce(sum(${decayedUse('j.slots', 'c.claimed_at', 'c.ended_at')}), 0) as slot_seconds
    from charged c join job j on j.id = c.job_id group by j.team_id order by j.team_id
  )
  insert into team_share as s (team_id, slot_seconds, as_of) select team_id, slot_seconds, now() from used
  on conflict (team_id) do update set slot_seconds = ${DECAYED_SHARE} + excluded.slot_seconds, as_of = now()`;

/** See {@link Scheduling.chargeUse}. */
export async function chargeUse(client: Queryable, halfLifeSeconds: number): Promise<void> {
  await client.query(CHARGE, [halfLifeSeconds]);
}
