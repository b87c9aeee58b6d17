import { readFile } from 'node:fs/promises';
import { LEASE_SECONDS } from '@crucible/contracts';
import { withRealWorker } from './real-worker.ts';
import { atMost, type Row } from './row.ts';
import { waitFor } from './timing.ts';

const SLOTS = 2;
const BEAT_MS = (1000 * LEASE_SECONDS) / 6;

/** Resident memory of a worker that waits for work. */
export const supervisorMemory: Row = (setting) => {
  const name = 'bench-memory';
  return withRealWorker(setting, { name, slots: SLOTS }, async (pid) => {
    // with its second heartbeat its start-up is over
    await waitFor('the second heartbeat of the worker', async () =>
      (await setting.store.workers.list(null)).some(
        ({ name: its, startedAt, seenAt }) => its === name && Date.parse(seenAt) - Date.parse(startedAt) > BEAT_MS,
      ),
    );
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const kib = Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]);
    return [atMost('supervisorMemory.mib', kib / 1024, 150 + 16 * SLOTS)];
  });
};
