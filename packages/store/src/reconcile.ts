import type pg from 'pg';
import { endAttempt } from './attempt-end.ts';
import { type LockedAttempt, lockAttempt } from './attempt-lock.ts';
import { CHANNELS } from './channels.ts';
import { leaseOf } from './lease.ts';
import type { Ending } from './settle.ts';
import { enforceLimits } from './time-outs.ts';
import { transaction } from './transaction.ts';
import { appendWorkerEvent } from './worker-registration.ts';

/** What one repair pass did. */
export interface ReconcileReport {
  /** the pass could not see for so long that nothing may be taken for dead yet */
  isBlind: boolean;
  /** attempts whose lease ran out */
  lost: number;
  /** dispatched attempts that were announced again */
  reannounced: number;
  /** dispatched attempts that their worker did not claim, or can no longer */
  notClaimed: number;
  /** jobs that reached a limit of their own */
  late: number;
  /** workers without a heartbeat */
  lostWorkers: number;
}

/** In leases. A longer pause between two passes means that heartbeats may have been missed, too. */
const BLIND_AFTER = 1 / 2;
const REANNOUNCE_AFTER = 1 / 3;
const NOT_CLAIMED_AFTER = 2;
const BATCH = 200;

/** See {@link Scheduling.reconcile}. */
export async function reconcile(pool: pg.Pool, leaseSeconds: number): Promise<ReconcileReport> {
  const isBlind = await beginPass(pool, leaseSeconds);
  const report = {
    isBlind,
    lost: isBlind ? 0 : await endExpired(pool, leaseSeconds),
    lostWorkers: isBlind ? 0 : await loseWorkers(pool, leaseSeconds),
    notClaimed: isBlind ? 0 : (await takeBack(pool)) + (await endNotClaimed(pool, leaseSeconds)),
    late: await enforceLimits(pool),
    reannounced: await reannounce(pool, leaseSeconds),
  };
  await pool.query('update reconcile_pass set finished_at = now()');
  return report;
}

/**
 * Nothing is destroyed for want of information: when the last pass is long ago, or Postgres was started since, workers
 * may have been unable to say that they live. Then no lease ends before they had one full lease to say so.
 */
async function beginPass(pool: pg.Pool, leaseSeconds: number): Promise<boolean> {
  const { rows } = await pool.query<{ is_blind: boolean }>(
    `insert into reconcile_pass as pass (finished_at, blind_until) values (now(), '-infinity')
     on conflict (id) do update set blind_until =
       case when now() - pass.finished_at > ${leaseOf(BLIND_AFTER * leaseSeconds)} or pg_postmaster_start_time() > pass.finished_at
         then now() + ${leaseOf(leaseSeconds)} else pass.blind_until end
     returning blind_until > now() as is_blind`,
  );
  return rows[0]?.is_blind ?? true;
}

/** Ends each attempt in a transaction of its own, if it still is as `isStillDue` wants it once it is locked. */
async function endEach(
  pool: pg.Pool,
  attemptIds: readonly string[],
  isStillDue: (attempt: LockedAttempt) => boolean,
  ending: Ending,
): Promise<number> {
  let numEnded = 0;
  for (const id of attemptIds)
    await transaction(pool, async (client) => {
      const attempt = await lockAttempt(client, id);
      if (attempt === null || !isStillDue(attempt)) return;
      await endAttempt(client, attempt, ending);
      numEnded += 1;
    });
  return numEnded;
}

async function endExpired(pool: pg.Pool, leaseSeconds: number): Promise<number> {
  const { rows } = await pool.query<{ id: string }>(
    `select id from attempt where state = 'running' and lease_until < now() order by lease_until limit ${BATCH}`,
  );
  return endEach(
    pool,
    rows.map((row) => row.id),
    (attempt) => attempt.state === 'running' && attempt.isLeaseOver,
    { outcome: 'lost', endCode: 'worker-lost', detail: `no heartbeat for ${leaseSeconds} seconds`, summary: null },
  );
}

/** What is on its way to a worker that is lost or drains goes elsewhere at once. */
async function takeBack(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ id: string; is_draining: boolean }>(
    `select a.id, w.state in ('cordoned', 'draining') as is_draining from attempt a join worker w on w.id = a.worker_id
     where a.state = 'dispatched' and w.state in ('draining', 'lost', 'gone') limit ${BATCH}`,
  );
  const idsOf = (isDraining: boolean) => rows.filter((row) => row.is_draining === isDraining).map(({ id }) => id);
  const isDispatched = (attempt: LockedAttempt) => attempt.state === 'dispatched';
  const drained: Ending = { outcome: 'released', endCode: 'drained', detail: 'its worker drains', summary: null };
  const gone: Ending = { outcome: 'lost', endCode: 'not-claimed', detail: 'its worker was lost', summary: null };
  return (
    (await endEach(pool, idsOf(true), isDispatched, drained)) + (await endEach(pool, idsOf(false), isDispatched, gone))
  );
}

/** Counts from when the queue took the message: while the queue is away, no attempt is given up. */
async function endNotClaimed(pool: pg.Pool, leaseSeconds: number): Promise<number> {
  const { rows } = await pool.query<{ id: string }>(
    `select a.id from attempt a join outbox o on o.attempt_id = a.id
     where a.state = 'dispatched' group by a.id
     having bool_and(o.sent_at is not null) and min(o.sent_at) < now() - ${leaseOf(NOT_CLAIMED_AFTER * leaseSeconds)} limit ${BATCH}`,
  );
  return endEach(
    pool,
    rows.map((row) => row.id),
    (attempt) => attempt.state === 'dispatched',
    {
      outcome: 'lost',
      endCode: 'not-claimed',
      detail: `its worker did not claim it within ${NOT_CLAIMED_AFTER * leaseSeconds} seconds`,
      summary: null,
    },
  );
}

async function reannounce(pool: pg.Pool, leaseSeconds: number): Promise<number> {
  const { rows } = await pool.query(
    `with again as (
       insert into outbox (attempt_id, fence, worker)
       select a.id, a.fence, w.name from attempt a join worker w on w.id = a.worker_id join outbox o on o.attempt_id = a.id
       where a.state = 'dispatched' group by a.id, w.name
       having bool_and(o.sent_at is not null) and max(o.sent_at) < now() - ${leaseOf(REANNOUNCE_AFTER * leaseSeconds)}
       returning id
     )
     select pg_notify('${CHANNELS.wake}', '') from again`,
  );
  return rows.length;
}

function loseWorkers(pool: pg.Pool, leaseSeconds: number): Promise<number> {
  return transaction(pool, async (client) => {
    const { rows } = await client.query<{ id: string; name: string }>(
      `update worker set state = 'lost'
       where state in ('ready', 'cordoned', 'draining') and seen_at < now() - ${leaseOf(leaseSeconds)} returning id, name`,
    );
    for (const { id, name } of rows) await appendWorkerEvent(client, id, name, 'lost');
    return rows.length;
  });
}
