import type { EngineInfo, Slot, WorkerHold, WorkerView } from '@crucible/contracts';
import type pg from 'pg';
import { appendEvent } from './append-event.ts';
import { endAttempt } from './attempt-end.ts';
import { lockAttempt } from './attempt-lock.ts';
import { CHANNELS } from './channels.ts';
import { requiredJson } from './stored-text.ts';
import { uuidV7 } from './uuid-v7.ts';

export interface NewWorker {
  /** stays the same over restarts; one process at a time may use it */
  name: string;
  host: string;
  pool: string;
  version: string;
  engine: EngineInfo;
  slots: readonly Slot[];
  /** fresh for every start of the process */
  bootId: string;
}

/** An attempt that an earlier process of the same worker left behind; it has been ended as lost. */
export interface Leftover {
  attemptId: string;
  jobId: string;
  number: number;
}

/** See {@link Workers.register}. A repeat with the same boot id changes nothing. */
export async function registerWorker(
  client: pg.PoolClient,
  worker: NewWorker,
): Promise<{ workerId: string; leftovers: Leftover[] }> {
  await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [worker.name]);
  const earlier = await client.query<{ id: string; boot_id: string }>(
    `select id, boot_id from worker where name = $1 and state <> 'gone'`,
    [worker.name],
  );
  const leftovers: Leftover[] = [];
  for (const { id, boot_id } of earlier.rows) {
    if (boot_id === worker.bootId) return { workerId: id, leftovers };
    leftovers.push(...(await retire(client, id, `worker ${worker.name} was started again`)));
  }
  const workerId = uuidV7();
  const { rows } = await client.query<{ state: WorkerView['state'] }>(
    `insert into worker (id, name, host, pool, version, engine, slots, boot_id, hold, state)
     select $1, $2, $3, $4, $5, $6::jsonb, $7::jsonb, $8, last.hold, coalesce(last.hold, 'ready')
     from (values (true)) as one left join lateral (
       select hold from worker where name = $2 order by started_at desc, id desc limit 1
     ) as last on true
     returning state`,
    [
      workerId,
      worker.name,
      worker.host,
      worker.pool,
      worker.version,
      requiredJson(worker.engine),
      requiredJson(worker.slots),
      worker.bootId,
    ],
  );
  await appendWorkerEvent(client, workerId, worker.name, rows[0]?.state ?? 'ready');
  return { workerId, leftovers };
}

/** See {@link Workers.deregister}. */
export async function deregisterWorker(client: pg.PoolClient, workerId: string): Promise<void> {
  await retire(client, workerId, 'the worker ended without finishing or releasing it');
}

/** See {@link Workers.leave}. @returns false when there is no such worker or it is gone */
export async function leaveWork(client: pg.PoolClient, workerId: string): Promise<boolean> {
  const { rows } = await client.query<{ name: string }>(
    `update worker set state = 'draining', seen_at = now() where id = $1 and state <> 'gone' returning name`,
    [workerId],
  );
  const [row] = rows;
  if (row === undefined) return false;
  await appendWorkerEvent(client, workerId, row.name, 'draining');
  return true;
}

/**
 * See {@link Workers.hold}. A worker that shuts down stays in its state, and so does one that is lost: it takes the
 * state that the hold asks for when it beats again.
 *
 * @returns false when there is no such worker or it is gone
 */
export async function holdWorker(client: pg.PoolClient, workerId: string, hold: WorkerHold | null): Promise<boolean> {
  const { rows } = await client.query<{ name: string; state: WorkerView['state'] }>(
    `update worker set hold = $2, state =
       case when state in ('ready', 'cordoned') or state = 'draining' and hold = 'draining'
         then coalesce($2, 'ready') else state end
     where id = $1 and state <> 'gone' returning name, state`,
    [workerId, hold],
  );
  const [row] = rows;
  if (row === undefined) return false;
  await appendWorkerEvent(client, workerId, row.name, row.state);
  if (hold === 'draining')
    await client.query(`select pg_notify($2, id::text) from attempt where worker_id = $1 and state = 'running'`, [
      workerId,
      CHANNELS.cancels,
    ]);
  return true;
}

export const appendWorkerEvent = (
  client: pg.PoolClient,
  workerId: string,
  name: string,
  state: WorkerView['state'],
): Promise<void> => appendEvent(client, { kind: 'worker.state', workerId, data: { name, state } });

/** Takes a worker out and ends what it still held; a lease need not run out when its end is known. */
async function retire(client: pg.PoolClient, workerId: string, detail: string): Promise<Leftover[]> {
  const { rows } = await client.query<{ name: string }>(
    `update worker set state = 'gone' where id = $1 and state <> 'gone' returning name`,
    [workerId],
  );
  const [worker] = rows;
  if (worker === undefined) return [];
  await appendWorkerEvent(client, workerId, worker.name, 'gone');
  const held = await client.query<{ id: string }>(
    `select id from attempt where worker_id = $1 and state <> 'ended' order by job_id`,
    [workerId],
  );
  const leftovers: Leftover[] = [];
  for (const { id } of held.rows) {
    const attempt = await lockAttempt(client, id);
    if (attempt === null || attempt.state === 'ended') continue; // it ended while its job was being locked
    const endCode = attempt.state === 'running' ? 'worker-lost' : 'not-claimed';
    await endAttempt(client, attempt, { outcome: 'lost', endCode, detail, summary: null });
    leftovers.push({ attemptId: id, jobId: attempt.jobId, number: attempt.number });
  }
  return leftovers;
}
