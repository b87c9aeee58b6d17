-- What operators look at: the trace of a job over all its attempts, and counts that a scrape may ask for at any time.
alter table "job" add column "traceparent" text,
  add constraint "job_traceparent_form" check ("traceparent" ~ '^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$');
create index "job_state_team_id_idx" on "job" ("state", "team_id");
create index "attempt_ended" on "attempt" ("outcome", "end_code") where "state" = 'ended';
