-- Numbers in which a job wants its engine to compute. Null: as its worker is set.
alter table "job"
  add column "precision" text,
  add constraint "job_precision_known" check ("precision" in ('f32', 'bf16'));
