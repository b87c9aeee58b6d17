-- Everything lies in Postgres: jobs and the tries at them, what they report, the bytes that they leave.
-- Times are the database's, to the millisecond, so that they survive a JavaScript Date unchanged.
-- Check constraints, partial indexes and storage options are here only: Prisma's schema cannot say them.

create table "worker" (
  "id" uuid not null,
  "name" text not null,
  "host" text not null,
  "pool" text not null,
  "version" text not null,
  "engine" jsonb not null,
  "slots" jsonb not null,
  "boot_id" text not null,
  "state" text not null,
  "event_loop_lag_ms" double precision not null default 0,
  "started_at" timestamptz(3) not null default now(),
  "seen_at" timestamptz(3) not null default now(),
  constraint "worker_pkey" primary key ("id"),
  constraint "worker_state_known" check ("state" in ('ready', 'draining', 'lost', 'gone'))
);
create index "worker_name_started_at_idx" on "worker" ("name", "started_at" desc);
-- One process at a time goes by a name.
create unique index "worker_one_boot_per_name" on "worker" ("name") where "state" <> 'gone';

create table "job" (
  "id" uuid not null,
  "name" text not null,
  "method" text not null,
  "method_version" text not null,
  "state" text not null default 'queued',
  "end_code" text,
  "detail" text,
  "preset" text,
  "submitted_config" jsonb not null,
  "config" jsonb not null,
  "tags" jsonb not null,
  "seed" bigint not null,
  "priority" integer not null,
  "pool" text not null,
  "slots" integer not null,
  "progress" jsonb,
  "summary" jsonb,
  "waiting" jsonb,
  "attempt_count" integer not null default 0,
  -- Attempts up to this number no longer count against retry budgets: a user asked for a retry after them.
  "budget_after_attempt" integer not null default 0,
  "fence" integer not null default 0,
  "version" integer not null default 1,
  "forked_from" uuid,
  "submitted_by" text not null,
  "submitted_at" timestamptz(3) not null default now(),
  "queued_at" timestamptz(3) not null default now(),
  "not_before" timestamptz(3),
  "started_at" timestamptz(3),
  "ended_at" timestamptz(3),
  constraint "job_pkey" primary key ("id"),
  constraint "job_forked_from_fkey" foreign key ("forked_from") references "job" ("id") on delete set null on update cascade,
  constraint "job_state_known" check ("state" in ('queued', 'running', 'stopping', 'succeeded', 'failed', 'canceled')),
  constraint "job_ended_when_terminal" check (("state" in ('succeeded', 'failed', 'canceled')) = ("ended_at" is not null)),
  constraint "job_end_code_when_terminal" check (("ended_at" is not null) = ("end_code" is not null)),
  constraint "job_priority_range" check ("priority" between 0 and 100),
  constraint "job_slots_positive" check ("slots" >= 1)
);
create index "job_submitted_at_id_idx" on "job" ("submitted_at" desc, "id" desc);
create index "job_method_submitted_at_id_idx" on "job" ("method", "submitted_at" desc, "id" desc);
create index "job_queue_order" on "job" ("pool", "priority" desc, "submitted_at", "id") where "state" = 'queued';
create index "job_live" on "job" ("state", "submitted_at" desc) where "state" in ('queued', 'running', 'stopping');
create index "job_tags" on "job" using gin ("tags" jsonb_path_ops);

create table "attempt" (
  "id" uuid not null,
  "job_id" uuid not null,
  "number" integer not null,
  "fence" integer not null,
  "state" text not null default 'dispatched',
  "outcome" text,
  "end_code" text,
  "detail" text,
  "worker_id" uuid,
  "slot" integer,
  "engine" jsonb,
  "lease_until" timestamptz(3),
  "resumed_step" bigint,
  "last_step" bigint not null default 0,
  "dispatched_at" timestamptz(3) not null default now(),
  "claimed_at" timestamptz(3),
  "ended_at" timestamptz(3),
  constraint "attempt_pkey" primary key ("id"),
  constraint "attempt_job_id_fkey" foreign key ("job_id") references "job" ("id") on delete cascade on update cascade,
  constraint "attempt_worker_id_fkey" foreign key ("worker_id") references "worker" ("id") on delete set null on update cascade,
  constraint "attempt_state_known" check ("state" in ('dispatched', 'running', 'ended')),
  constraint "attempt_outcome_known" check ("outcome" in ('succeeded', 'failed', 'canceled', 'lost', 'released', 'superseded')),
  constraint "attempt_outcome_when_ended" check (("state" = 'ended') = ("outcome" is not null and "ended_at" is not null)),
  constraint "attempt_lease_when_running" check ("state" <> 'running' or ("lease_until" is not null and "worker_id" is not null))
);
create unique index "attempt_job_id_number_key" on "attempt" ("job_id", "number");
create unique index "attempt_job_id_fence_key" on "attempt" ("job_id", "fence");
-- One attempt at a time owns a job, whatever the code above believes.
create unique index "attempt_one_live_per_job" on "attempt" ("job_id") where "state" <> 'ended';
create index "attempt_lease" on "attempt" ("lease_until") where "state" = 'running';
create index "attempt_live_of_worker" on "attempt" ("worker_id") where "state" = 'running';
create index "attempt_dispatched" on "attempt" ("dispatched_at") where "state" = 'dispatched';

create table "outbox" (
  "id" bigint generated by default as identity,
  "attempt_id" uuid not null,
  "fence" integer not null,
  "pool" text not null,
  "created_at" timestamptz(3) not null default now(),
  "sent_at" timestamptz(3),
  constraint "outbox_pkey" primary key ("id"),
  constraint "outbox_attempt_id_fkey" foreign key ("attempt_id") references "attempt" ("id") on delete cascade on update cascade
);
create index "outbox_attempt_id_idx" on "outbox" ("attempt_id");
create index "outbox_unsent" on "outbox" ("id") where "sent_at" is null;

-- The place in the feed is given after commit, by one writer: readers of a bare identity would miss late commits.
create table "event" (
  "id" bigint generated by default as identity,
  "seq" bigint,
  "kind" text not null,
  "job_id" uuid,
  "worker_id" uuid,
  "state" text,
  "version" integer,
  "data" jsonb not null,
  "time" timestamptz(3) not null default now(),
  constraint "event_pkey" primary key ("id"),
  constraint "event_kind_known" check ("kind" in ('job.submitted', 'job.state', 'worker.state', 'checkpoint.committed', 'artifact.stored'))
);
create unique index "event_seq_key" on "event" ("seq");
create index "event_job_id_seq_idx" on "event" ("job_id", "seq");
create index "event_unplaced" on "event" ("id") where "seq" is null;

create table "ingest_cursor" (
  "attempt_id" uuid not null,
  "stream" text not null,
  "last_sequence" integer not null,
  "rows" bigint not null,
  constraint "ingest_cursor_pkey" primary key ("attempt_id", "stream"),
  constraint "ingest_cursor_attempt_id_fkey" foreign key ("attempt_id") references "attempt" ("id") on delete cascade on update cascade,
  constraint "ingest_cursor_stream_known" check ("stream" in ('metrics', 'logs'))
);

create table "series" (
  "id" bigint generated by default as identity,
  "job_id" uuid not null,
  "key" text not null,
  "count" bigint not null default 0,
  "first_step" bigint not null default 0,
  "last_step" bigint not null default 0,
  "last_value" double precision not null default 0,
  "min" double precision,
  "max" double precision,
  "non_finite" bigint not null default 0,
  constraint "series_pkey" primary key ("id"),
  constraint "series_job_id_fkey" foreign key ("job_id") references "job" ("id") on delete cascade on update cascade,
  constraint "series_key_form" check ("key" ~ '^[A-Za-z0-9_./-]{1,128}$')
);
create unique index "series_job_id_key_key" on "series" ("job_id", "key");

-- No foreign key: a check per point would cost more than the point. Written only together with its series.
create table "metric_point" (
  "series_id" bigint not null,
  "step" bigint not null,
  "attempt" integer not null,
  "value" double precision not null,
  "time" timestamptz(3) not null,
  constraint "metric_point_pkey" primary key ("series_id", "step", "attempt"),
  constraint "metric_point_step_positive" check ("step" >= 0)
);

create table "log_line" (
  "job_id" uuid not null,
  "attempt" integer not null,
  "line" integer not null,
  "time" timestamptz(3) not null,
  "level" text not null,
  "message" text not null,
  "fields" jsonb,
  constraint "log_line_pkey" primary key ("job_id", "attempt", "line"),
  constraint "log_line_level_known" check ("level" in ('debug', 'info', 'warn', 'error'))
);

-- The bytes of checkpoints and artifacts, each piece once, named by its SHA-256.
create table "chunk" (
  "sha256" bytea not null,
  "size" integer not null,
  "data" bytea not null,
  "touched_at" timestamptz(3) not null default now(),
  constraint "chunk_pkey" primary key ("sha256"),
  constraint "chunk_hash_length" check (octet_length("sha256") = 32),
  constraint "chunk_size_range" check ("size" between 0 and 1048576 and octet_length("data") = "size")
);
-- Weights do not compress, and trying to would only slow reading and writing.
alter table "chunk" alter column "data" set storage external;
create index "chunk_touched_at_idx" on "chunk" ("touched_at");

create table "checkpoint" (
  "id" uuid not null,
  "job_id" uuid not null,
  "attempt_id" uuid not null,
  "attempt" integer not null,
  "step" bigint not null,
  "state" text not null default 'uploading',
  -- json, not jsonb: the order of keys is part of what a method gets back.
  "manifest" json not null,
  "root_sha256" text not null,
  "bytes" bigint not null,
  "tensors" integer not null,
  "created_at" timestamptz(3) not null default now(),
  "committed_at" timestamptz(3),
  constraint "checkpoint_pkey" primary key ("id"),
  constraint "checkpoint_job_id_fkey" foreign key ("job_id") references "job" ("id") on delete cascade on update cascade,
  constraint "checkpoint_attempt_id_fkey" foreign key ("attempt_id") references "attempt" ("id") on delete cascade on update cascade,
  constraint "checkpoint_state_known" check ("state" in ('uploading', 'committed', 'abandoned', 'deleted', 'corrupt')),
  constraint "checkpoint_committed_once" check ("state" in ('uploading', 'abandoned') or "committed_at" is not null)
);
create index "checkpoint_job_id_step_idx" on "checkpoint" ("job_id", "step" desc);
create index "checkpoint_resumable" on "checkpoint" ("job_id", "committed_at" desc, "id" desc) where "state" = 'committed';
create index "checkpoint_uploading" on "checkpoint" ("attempt_id") where "state" = 'uploading';

-- What keeps chunks alive. No foreign key to chunk: while uploading, chunks are named that are still to come.
create table "checkpoint_chunk" (
  "checkpoint_id" uuid not null,
  "sha256" bytea not null,
  constraint "checkpoint_chunk_pkey" primary key ("checkpoint_id", "sha256"),
  constraint "checkpoint_chunk_checkpoint_id_fkey" foreign key ("checkpoint_id") references "checkpoint" ("id") on delete cascade on update cascade
);
create index "checkpoint_chunk_sha256_idx" on "checkpoint_chunk" ("sha256");

create table "artifact" (
  "id" uuid not null,
  "job_id" uuid not null,
  "attempt_id" uuid not null,
  "attempt" integer not null,
  "name" text not null,
  "media_type" text not null,
  "bytes" bigint not null,
  "sha256" text not null,
  "created_at" timestamptz(3) not null default now(),
  constraint "artifact_pkey" primary key ("id"),
  constraint "artifact_job_id_fkey" foreign key ("job_id") references "job" ("id") on delete cascade on update cascade,
  constraint "artifact_attempt_id_fkey" foreign key ("attempt_id") references "attempt" ("id") on delete cascade on update cascade
);
create unique index "artifact_job_id_name_key" on "artifact" ("job_id", "name");

-- No foreign key to chunk: a damaged chunk is deleted, so that the next upload brings it again.
create table "artifact_chunk" (
  "artifact_id" uuid not null,
  "ordinal" integer not null,
  "sha256" bytea not null,
  constraint "artifact_chunk_pkey" primary key ("artifact_id", "ordinal"),
  constraint "artifact_chunk_artifact_id_fkey" foreign key ("artifact_id") references "artifact" ("id") on delete cascade on update cascade
);
create index "artifact_chunk_sha256_idx" on "artifact_chunk" ("sha256");

create table "idempotent_answer" (
  "principal" text not null,
  "route" text not null,
  "key" text not null,
  "fingerprint" text not null,
  "answer" json,
  "expires_at" timestamptz(3) not null,
  constraint "idempotent_answer_pkey" primary key ("principal", "route", "key")
);
create index "idempotent_answer_expires_at_idx" on "idempotent_answer" ("expires_at");

create table "api_key" (
  "id" text not null,
  "name" text not null,
  "secret_sha256" bytea not null,
  "created_at" timestamptz(3) not null default now(),
  "expires_at" timestamptz(3) not null,
  "last_used_at" timestamptz(3),
  "revoked_at" timestamptz(3),
  constraint "api_key_pkey" primary key ("id"),
  constraint "api_key_hash_length" check (octet_length("secret_sha256") = 32)
);

-- One row: with what page cursors are signed. The first process that needs it draws it.
create table "signing_secret" (
  "id" integer not null default 1,
  "secret" bytea not null,
  constraint "signing_secret_pkey" primary key ("id"),
  constraint "signing_secret_single" check ("id" = 1)
);

-- One row: when the reconciler last could see. After a gap, leases are left alone for a while.
create table "reconcile_pass" (
  "id" integer not null default 1,
  "finished_at" timestamptz(3) not null,
  "blind_until" timestamptz(3) not null,
  constraint "reconcile_pass_pkey" primary key ("id"),
  constraint "reconcile_pass_single" check ("id" = 1)
);
