-- The role under which API and workers run: it reads and writes rows, and can neither change the schema nor rewrite
-- what was audited. Whoever owns the database gives it a password; the embedded server's launcher does so by itself.
-- A server where the migrating role may not make roles keeps going without: the owner can make the role first.
do $$
begin
  if not exists (select from pg_roles where rolname = 'crucible_app') then
    create role crucible_app nologin;
  end if;
exception
  when duplicate_object or unique_violation then null;
  when insufficient_privilege then
    raise notice 'the role crucible_app could not be made, API and workers need another one';
end
$$;

do $$
begin
  if exists (select from pg_roles where rolname = 'crucible_app') then
    grant usage on schema public to crucible_app;
    grant select, insert, update, delete on all tables in schema public to crucible_app;
    grant usage, select on all sequences in schema public to crucible_app;
    alter default privileges in schema public grant select, insert, update, delete on tables to crucible_app;
    alter default privileges in schema public grant usage, select on sequences to crucible_app;
    revoke update, delete on audit_entry from crucible_app;
    if to_regclass('_prisma_migrations') is not null then
      revoke insert, update, delete on _prisma_migrations from crucible_app;
    end if;
  end if;
end
$$;
