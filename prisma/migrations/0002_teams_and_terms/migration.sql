-- Who works here, and what a job may say of itself beside its method: tier, limits, what it needs, what it keeps.

create table "team" (
  "id" text not null,
  -- share of the cluster against the other teams'
  "weight" double precision not null default 1,
  -- slots that the team gets back at once when it needs them, 0: none
  "guaranteed_slots" integer not null default 0,
  -- null: no limit
  "max_slots" integer,
  "max_slots_per_user" integer,
  "max_queued" integer not null default 10000,
  -- slot-hours in tier urgent, in a week
  "urgent_slot_hours" double precision not null default 40,
  "created_at" timestamptz(3) not null default now(),
  constraint "team_pkey" primary key ("id"),
  constraint "team_id_form" check ("id" ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
  constraint "team_weight_positive" check ("weight" > 0),
  constraint "team_quota_range" check ("guaranteed_slots" >= 0 and "max_slots" >= 0 and "max_slots_per_user" >= 0
    and "max_queued" >= 0 and "urgent_slot_hours" >= 0)
);
insert into "team" ("id") values ('default');

create table "user_account" (
  "id" uuid not null,
  "name" text not null,
  -- roles over the whole cluster, null: none
  "cluster_role" text,
  "created_at" timestamptz(3) not null default now(),
  constraint "user_account_pkey" primary key ("id"),
  constraint "user_account_name_form" check ("name" ~ '^[A-Za-z0-9][A-Za-z0-9._@-]{0,79}$'),
  constraint "user_account_cluster_role_known" check ("cluster_role" in ('operator', 'auditor'))
);
create unique index "user_account_name_key" on "user_account" ("name");
insert into "user_account" ("id", "name", "cluster_role") values ('00000000-0000-7000-8000-000000000001', 'admin', 'operator');

create table "membership" (
  "user_id" uuid not null,
  "team_id" text not null,
  "role" text not null,
  constraint "membership_pkey" primary key ("user_id", "team_id"),
  constraint "membership_user_id_fkey" foreign key ("user_id") references "user_account" ("id") on delete cascade on update cascade,
  constraint "membership_team_id_fkey" foreign key ("team_id") references "team" ("id") on delete cascade on update cascade,
  constraint "membership_role_known" check ("role" in ('viewer', 'member', 'maintainer', 'team-admin'))
);
create index "membership_team_id_idx" on "membership" ("team_id");
insert into "membership" ("user_id", "team_id", "role") values ('00000000-0000-7000-8000-000000000001', 'default', 'team-admin');

-- A key speaks for one user in one team, its scopes narrow what the user's role allows.
alter table "api_key"
  add column "user_id" uuid not null default '00000000-0000-7000-8000-000000000001',
  add column "team_id" text not null default 'default',
  add column "scopes" text[],
  add constraint "api_key_user_id_fkey" foreign key ("user_id") references "user_account" ("id") on delete cascade on update cascade,
  add constraint "api_key_team_id_fkey" foreign key ("team_id") references "team" ("id") on delete cascade on update cascade;
alter table "api_key" alter column "user_id" drop default, alter column "team_id" drop default;
create index "api_key_user_id_idx" on "api_key" ("user_id");

alter table "job"
  add column "team_id" text not null default 'default',
  add column "user_id" uuid not null default '00000000-0000-7000-8000-000000000001',
  add column "tier" text not null default 'normal',
  add column "limits" jsonb not null default '{"maxRunSeconds": null, "maxQueueSeconds": null, "stallSeconds": null}',
  add column "keep" jsonb not null default '{"last": 2, "best": 1, "metric": null, "mode": "max"}',
  add column "max_failures" integer not null default 0,
  -- why a stopping job stops, and when its process is ended by force
  add column "stop_intent" text,
  add column "stop_deadline" timestamptz(3),
  add constraint "job_team_id_fkey" foreign key ("team_id") references "team" ("id") on delete restrict on update cascade,
  add constraint "job_user_id_fkey" foreign key ("user_id") references "user_account" ("id") on delete restrict on update cascade,
  add constraint "job_tier_known" check ("tier" in ('urgent', 'normal', 'low')),
  add constraint "job_stop_intent_known" check ("stop_intent" in ('preempt', 'pause', 'cancel', 'kill')),
  add constraint "job_stop_intent_when_stopping" check (("state" = 'stopping') = ("stop_intent" is not null)),
  drop constraint "job_state_known",
  add constraint "job_state_known" check ("state" in ('blocked', 'queued', 'running', 'stopping', 'paused', 'succeeded', 'failed', 'canceled'));
alter table "job" alter column "team_id" drop default, alter column "user_id" drop default;
drop index "job_submitted_at_id_idx";
drop index "job_method_submitted_at_id_idx";
create index "job_team_id_submitted_at_id_idx" on "job" ("team_id", "submitted_at" desc, "id" desc);
create index "job_team_id_method_submitted_at_id_idx" on "job" ("team_id", "method", "submitted_at" desc, "id" desc);
drop index "job_live";
create index "job_live" on "job" ("state", "submitted_at" desc) where "state" in ('blocked', 'queued', 'running', 'stopping', 'paused');

alter table "attempt"
  drop constraint "attempt_outcome_known",
  add constraint "attempt_outcome_known" check ("outcome" in ('succeeded', 'failed', 'canceled', 'paused', 'preempted', 'lost', 'released', 'superseded'));

create table "job_need" (
  "job_id" uuid not null,
  "needs_job_id" uuid not null,
  "on" text not null,
  "is_met" boolean not null default false,
  constraint "job_need_pkey" primary key ("job_id", "needs_job_id"),
  constraint "job_need_job_id_fkey" foreign key ("job_id") references "job" ("id") on delete cascade on update cascade,
  constraint "job_need_needs_job_id_fkey" foreign key ("needs_job_id") references "job" ("id") on delete cascade on update cascade,
  constraint "job_need_on_known" check ("on" in ('success', 'end')),
  constraint "job_need_not_itself" check ("job_id" <> "needs_job_id")
);
create index "job_need_needs_job_id_idx" on "job_need" ("needs_job_id");

alter table "event" add column "team_id" text;
