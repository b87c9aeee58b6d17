-- The job of which one is a part: a large job is cut into several when it comes in.
alter table "job" add column "parent_id" uuid references "job" ("id") on delete cascade on update cascade;
create index "job_parent_id_idx" on "job" ("parent_id");
