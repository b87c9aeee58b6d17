-- A job that is stopped by a limit ends with the code of that limit, not as canceled.
alter table "job"
  add column "stop_code" text,
  add constraint "job_stop_code_when_stopping" check ("stop_code" is null or "state" = 'stopping');
-- Configs name artifacts by their content.
create index "artifact_sha256_idx" on "artifact" ("sha256");
