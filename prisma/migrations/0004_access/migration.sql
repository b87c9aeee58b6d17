-- Who may see what. Events belong to the team of their job. Those of no team are for everyone.
update "event" set "team_id" = "job"."team_id" from "job" where "job"."id" = "event"."job_id";

-- Lists of those who see every team.
create index "job_submitted_at_id_idx" on "job" ("submitted_at" desc, "id" desc);
