-- Checkpoints that people keep, from which other jobs start, and whose bytes are read again from time to time.

alter table "checkpoint"
  add column "pinned" boolean not null default false,
  add column "note" text,
  add constraint "checkpoint_note_length" check (char_length("note") <= 2000);

-- What a running attempt stands on is not removed under it.
alter table "attempt"
  add column "resumed_checkpoint_id" uuid,
  add constraint "attempt_resumed_checkpoint_id_fkey" foreign key ("resumed_checkpoint_id") references "checkpoint" ("id") on delete set null on update cascade;
create index "attempt_resumed_checkpoint" on "attempt" ("resumed_checkpoint_id") where "state" <> 'ended';

-- The checkpoint of another job with which the first attempt at this one begins.
alter table "job"
  add column "from_checkpoint_id" uuid,
  add constraint "job_from_checkpoint_id_fkey" foreign key ("from_checkpoint_id") references "checkpoint" ("id") on delete set null on update cascade;
create index "job_from_checkpoint" on "job" ("from_checkpoint_id") where "from_checkpoint_id" is not null;

-- When the bytes last had their hash: the scrub reads first what it read longest ago.
alter table "chunk" add column "verified_at" timestamptz(3) not null default now();
create index "chunk_verified_at_idx" on "chunk" ("verified_at");

alter table "event"
  drop constraint "event_kind_known",
  add constraint "event_kind_known" check ("kind" in ('job.submitted', 'job.state', 'worker.state', 'checkpoint.committed', 'checkpoint.changed', 'artifact.stored'));
