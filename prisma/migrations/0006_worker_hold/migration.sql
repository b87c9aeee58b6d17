-- What an operator wants of a worker, which outlasts its restarts: no new attempts, or none at all.
alter table "worker"
  add column "hold" text,
  add column "spool_bytes" bigint not null default 0,
  add constraint "worker_hold_known" check ("hold" in ('cordoned', 'draining')),
  drop constraint "worker_state_known",
  add constraint "worker_state_known" check ("state" in ('ready', 'cordoned', 'draining', 'lost', 'gone'));
