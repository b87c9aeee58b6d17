-- Long curves are read from buckets of 64 to 65,536 steps, old ones are forgotten, and lists tell when they changed.

-- Steps from here on are not in the buckets yet. Null: all are, or the series is too short to have any.
alter table "series" add column "dirty_from" bigint;
update "series" set "dirty_from" = 0 where "count" > 10000;
create index "series_dirty" on "series" ("id") where "dirty_from" is not null;

-- What one attempt reported in the steps from bucket * 2^level on, 2^level of them. Like points, it has no foreign key.
create table "metric_rollup" (
  "series_id" bigint not null,
  "level" smallint not null,
  "bucket" bigint not null,
  "attempt" integer not null,
  "count" bigint not null,
  "non_finite" bigint not null,
  "first_step" bigint not null,
  "first_value" double precision not null,
  "last_step" bigint not null,
  "last_value" double precision not null,
  -- the least and the greatest finite value with the first step that has it, null when there is none
  "low" double precision,
  "low_step" bigint,
  "high" double precision,
  "high_step" bigint,
  constraint "metric_rollup_pkey" primary key ("series_id", "level", "bucket", "attempt")
);

-- One row: jobs that ended up to these times have lost their points and lines to age.
create table "retention_pass" (
  "id" integer not null default 1,
  "points_until" timestamptz(3),
  "logs_until" timestamptz(3),
  constraint "retention_pass_pkey" primary key ("id"),
  constraint "retention_pass_single" check ("id" = 1)
);
insert into "retention_pass" default values;
create index "job_ended" on "job" ("ended_at") where "ended_at" is not null;

-- Whoever changes jobs, a list that was read before the commit is known to be old after it.
create function "announce_job_change"() returns trigger language plpgsql as $$
begin
  notify "crucible_jobs";
  return null;
end $$;
create trigger "job_changed" after insert or update or delete on "job"
  for each statement execute function "announce_job_change"();
