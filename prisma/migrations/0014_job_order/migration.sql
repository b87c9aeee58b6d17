-- Lists of jobs are read in the order of a metric: the series of a team, by their greatest or least value.

-- That of the job, which never changes team; without a foreign key, as the job has one.
alter table "series" add column "team_id" text;
update "series" set "team_id" = "job"."team_id" from "job" where "job"."id" = "series"."job_id";
alter table "series" alter column "team_id" set not null;

-- A batch touches these only when it moves an extreme: Postgres compares the values of indexed columns.
create index "series_max" on "series" ("team_id", "key", "max", "job_id") where "max" is not null;
create index "series_min" on "series" ("team_id", "key", "min", "job_id") where "min" is not null;
