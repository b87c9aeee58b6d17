import type { HeldSlots, QueuedJob, Snapshot, TeamShare, WorkerSlots } from '../snapshot.ts';
import { seededRandom } from './random.ts';

/** The time of every scene, milliseconds since 1970. */
export const NOW = Date.parse('2030-01-01T00:00:00Z');

export const minutesAgo = (minutes: number): number => NOW - 60_000 * minutes;

/** A job that has waited for a second. */
export const queued = (id: string, over: Partial<QueuedJob> = {}): QueuedJob => ({
  id,
  pool: 'default',
  team: 'default',
  user: 'ann',
  method: 'zen-nas',
  slots: 1,
  tier: 'normal',
  priority: 50,
  submittedAt: NOW - 1000,
  waitingSince: over.submittedAt ?? NOW - 1000,
  notBefore: null,
  hasFailed: false,
  maxRunSeconds: null,
  avoidWorker: null,
  ...over,
});

/** A job that has run for an hour. */
export const held = (jobId: string, workerId: string, over: Partial<HeldSlots> = {}): HeldSlots => ({
  jobId,
  fence: 1,
  team: 'default',
  user: 'ann',
  method: 'zen-nas',
  tier: 'normal',
  pool: 'default',
  slots: 1,
  workerId,
  state: 'running',
  startedAt: minutesAgo(60),
  maxRunSeconds: null,
  savedAt: null,
  ...over,
});

/** A ready worker; its name is its id. */
export const worker = (id: string, slots: number, over: Partial<WorkerSlots> = {}): WorkerSlots => ({
  id,
  name: id,
  pool: 'default',
  slots,
  coolOffUntil: null,
  ...over,
});

/** A team without quotas that has used nothing. */
export const team = (id: string, over: Partial<TeamShare> = {}): TeamShare => ({
  id,
  weight: 1,
  guaranteedSlots: 0,
  maxSlots: null,
  maxSlotsPerUser: null,
  usedSlotSeconds: 0,
  usedUrgentHours: 0,
  maxUrgentHours: 40,
  ...over,
});

export const scene = (over: Partial<Snapshot> = {}): Snapshot => ({
  jobs: [],
  blocked: [],
  held: [],
  workers: [worker('w1', 4)],
  teams: [team('default')],
  medianRunSeconds: {},
  ...over,
});

const TEAMS = ['apes', 'bees', 'cats'];
const POOLS = ['default', 'gpu', 'offline'];

/** A random cluster with random jobs in every situation, the same for the same seed; held slots fit their workers. */
export function randomScene(seed: number): Snapshot {
  const random = seededRandom(seed);
  const pick = <T>(items: readonly T[]): T => items[random(items.length)] as T;
  const maybe = <T>(oneIn: number, value: () => T): T | null => (random(oneIn) === 0 ? value() : null);
  const teams = TEAMS.map((id) =>
    team(id, {
      weight: 1 + random(3),
      guaranteedSlots: random(3) === 0 ? random(5) : 0,
      maxSlots: maybe(3, () => random(8)),
      maxSlotsPerUser: maybe(3, () => random(5)),
      usedSlotSeconds: random(100_000),
      usedUrgentHours: random(50),
    }),
  );
  const workers = Array.from({ length: random(6) }, (_, index) =>
    worker(`w${index}`, 1 + random(8), {
      pool: pick(POOLS.slice(0, 2)),
      coolOffUntil: maybe(5, () => NOW + (random(3) - 1) * 60_000),
    }),
  );
  const who = () => ({ team: pick(TEAMS), user: pick(['ann', 'bob', 'cy']), method: pick(['coke', 'genet', 'wemix']) });
  const tier = () => pick(['urgent', 'normal', 'normal', 'low'] as const);
  const running: HeldSlots[] = [];
  for (const { id, pool, slots } of workers) {
    let free = slots;
    while (free > 0 && random(4) > 0) {
      const size = 1 + random(free);
      free -= size;
      const startedAt = minutesAgo(random(40));
      const over = { ...who(), tier: tier(), pool, slots: size, fence: 1 + random(3), startedAt };
      const state = pick(['running', 'running', 'running', 'dispatched', 'stopping'] as const);
      const maxRunSeconds = maybe(2, () => 60 * (1 + random(120)));
      const savedAt = maybe(2, () => Math.min(NOW, startedAt + random(600_000)));
      running.push(held(`held-${running.length}`, id, { ...over, state, maxRunSeconds, savedAt }));
    }
  }
  const jobs = Array.from({ length: random(40) }, (_, index) => {
    const submittedAt = minutesAgo(random(30));
    return queued(`job-${String(random(1000)).padStart(4, '0')}-${index}`, {
      ...who(),
      pool: pick(POOLS),
      slots: random(3) === 0 ? 1 + random(9) : 1,
      tier: tier(),
      priority: random(4) * 25,
      submittedAt,
      waitingSince: Math.max(submittedAt, minutesAgo(random(30))),
      notBefore: maybe(5, () => NOW + (random(3) - 1) * 1000),
      hasFailed: random(2) === 0,
      maxRunSeconds: maybe(2, () => 60 * (1 + random(120))),
      avoidWorker: maybe(6, () => `w${random(6)}`),
    });
  });
  const blocked = Array.from({ length: random(3) }, (_, index) => ({
    id: `blocked-${index}`,
    pool: pick(POOLS),
    needs: ['a'],
  }));
  return { jobs, blocked, held: running, workers, teams, medianRunSeconds: { coke: 60 * (1 + random(100)) } };
}
