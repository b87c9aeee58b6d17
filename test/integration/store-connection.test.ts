import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { ATTEMPT_STATES, JOB_STATES, LOG_LEVELS, OUTCOMES, TERMINAL_JOB_STATES } from '@crucible/contracts';
import { CHANNELS, createStore, NEWEST_MIGRATION } from '@crucible/store';
import { hasCode } from '../support/codes.ts';
import { withDatabase } from '../support/database.ts';
import { newJob } from '../support/running-attempt.ts';

const { store, sql, databaseUrl } = await withDatabase();

describe('the schema', () => {
  it('is at the newest migration, which the code names', async () => {
    const entries = await readdir(new URL('../../prisma/migrations/', import.meta.url), { withFileTypes: true });
    const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
    assert.equal(NEWEST_MIGRATION, names.sort().at(-1));
    assert.equal(await store.migrationsApplied(), true);
    await sql.query('update _prisma_migrations set finished_at = null');
    assert.equal(await store.migrationsApplied(), false);
    await sql.query('alter table _prisma_migrations rename to elsewhere');
    assert.equal(await store.migrationsApplied(), false);
  });

  it('allows the states of the contracts and no others', async () => {
    const allowed = async (constraint: string) => {
      const { rows } = await sql.query<{ text: string }>(
        'select pg_get_constraintdef(oid) as text from pg_constraint where conname = $1',
        [constraint],
      );
      return [...(rows[0]?.text ?? '').matchAll(/'([a-z-]+)'::text/g)].map((match) => match[1]).sort();
    };
    assert.deepEqual(await allowed('job_state_known'), [...JOB_STATES].sort());
    assert.deepEqual(await allowed('job_ended_when_terminal'), [...TERMINAL_JOB_STATES].sort());
    assert.deepEqual(await allowed('attempt_state_known'), [...ATTEMPT_STATES].sort());
    assert.deepEqual(await allowed('attempt_outcome_known'), [...OUTCOMES].sort());
    assert.deepEqual(await allowed('log_line_level_known'), [...LOG_LEVELS].sort());
  });
});

describe('the lead', () => {
  it('is held by one process, and free when that lets go or loses its connection', async () => {
    const other = createStore({ databaseUrl, applicationName: 'crucible test', poolSize: 2 });
    assert.equal(await store.leader.isLed(), false);
    const first = await store.leader.tryLead();
    assert.equal(first?.isHeld, true);
    assert.equal(await other.leader.tryLead(), null);
    assert.equal(await other.leader.isLed(), true);
    await first?.release();
    const second = await other.leader.tryLead();
    assert.ok(second?.isHeld);
    const lost = once(second.lost, 'abort');
    await sql.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where application_name = 'crucible test leader' and datname = current_database()`,
    );
    await lost;
    assert.equal(second.isHeld, false);
    assert.equal((await store.leader.tryLead())?.isHeld, true);
    await other.close();
  });
});

describe('a listener', () => {
  it('goes on after its connection broke, and says that it may have missed something', async () => {
    const heard = new EventEmitter();
    const listener = await store.listen(CHANNELS.events, (payload) => heard.emit('heard', payload));
    const again = once(heard, 'heard');
    await sql.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where application_name = 'crucible test listener' and datname = current_database()`,
    );
    assert.deepEqual(await again, ['']);
    const next = once(heard, 'heard');
    await sql.query('select pg_notify($1, $2)', [CHANNELS.events, '5']);
    assert.deepEqual(await next, ['5']);
    await listener.close();
  });
});

describe('a store', () => {
  it('says who it is to Postgres and answers a ping', async () => {
    await store.ping();
    const { rowCount } = await sql.query(`select from pg_stat_activity where application_name = 'crucible test'`);
    assert.ok((rowCount ?? 0) >= 1);
  });

  it('goes on after its connections broke', async () => {
    await store.ping();
    await sql.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where application_name = 'crucible test' and datname = current_database() and pid <> pg_backend_pid()`,
    );
    // the first calls may meet a connection that has just died
    for (let i = 0; i < 20; i++) {
      const isUp = await store.jobs.submit(newJob()).then(
        () => true,
        (error) => {
          assert.ok(hasCode('unavailable')(error), String(error));
          return false;
        },
      );
      if (isUp) return;
    }
    assert.fail('no connection works again');
  });

  it('reports a server that is not there as unavailable', async () => {
    const url = new URL(databaseUrl);
    url.port = '1';
    const nowhere = createStore({ databaseUrl: url.href, applicationName: 'crucible test', poolSize: 1 });
    await assert.rejects(nowhere.ping(), hasCode('unavailable'));
    await assert.rejects(nowhere.keys.list({ teamId: null, userId: null }), hasCode('unavailable'));
    await assert.rejects(nowhere.jobs.submit(newJob()), hasCode('unavailable'));
    await assert.rejects(nowhere.leader.tryLead(), hasCode('unavailable'));
    await assert.rejects(
      nowhere.listen(CHANNELS.wake, () => {}),
      hasCode('unavailable'),
    );
    await nowhere.close();
  });
});
