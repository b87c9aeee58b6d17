import { POLICY, type SchedulingPolicy } from '@crucible/scheduler';
import { CHANNELS, type RetentionDays, type Store } from '@crucible/store';
import { quietTelemetry, type Telemetry } from '@crucible/telemetry';
import type { FastifyBaseLogger } from 'fastify';
import type { DispatchQueues } from '../queue/dispatch-queues.ts';
import { startPulse } from './pulse.ts';
import { relay } from './relay.ts';
import { createScheduler } from './schedule-pass.ts';
import { SCRUB_DAYS, SCRUB_MS, scrub } from './scrub.ts';
import { tracedOutbox } from './traced-outbox.ts';

const PASS_MS = 1000;
/** Repair passes in the time of one lease. */
const REPAIRS_PER_LEASE = 6;
const SWEEP_MS = 600_000;
const KEEP_ALL: RetentionDays = { points: 0, logs: 0, events: 0 };
const ROLL_UP_MS = 10_000;

/** What the leader works with. */
export interface DutyDeps {
  store: Store;
  queues: DispatchQueues;
  /** @defaultValue the policy of the scheduler package */
  policy?: SchedulingPolicy;
  log: FastifyBaseLogger;
  /** @defaultValue nothing is traced, and the metrics are read by nobody */
  telemetry?: Telemetry;
  /** days within which every stored chunk is read again @defaultValue 14 */
  scrubDays?: number;
  /** how long points, lines and events are kept @defaultValue for ever */
  retention?: RetentionDays;
}

/**
 * Starts all that only one process may do: scheduling, relay, order of the feed, repair, clean-up. Each has a pulse of
 * its own, so that an absent Redis holds up nothing but the relay.
 *
 * @returns a function that ends them and resolves when the last is at rest
 */
export async function startDuties(deps: DutyDeps): Promise<() => Promise<void>> {
  const { store, queues, policy = POLICY, log, telemetry = quietTelemetry('api') } = deps;
  const { scrubDays = SCRUB_DAYS, retention = KEEP_ALL } = deps;
  const { metrics, tracing } = telemetry;
  const outbox = tracedOutbox(store.outbox, store.traces, tracing);
  const passSeconds = metrics.histogram('crucible_scheduler_pass_seconds');
  const scheduler = createScheduler({ scheduling: store.scheduling, policy, log });
  const relaying = startPulse('relay', PASS_MS, () => relay(outbox, queues), log);
  const scheduling = startPulse(
    'scheduler',
    PASS_MS,
    async () => {
      const stop = passSeconds.startTimer();
      if ((await scheduler.pass()) > 0) relaying.trigger();
      stop();
    },
    log,
  );
  const ordering = startPulse(
    'feed',
    PASS_MS,
    async () => {
      await store.events.assignSequence();
    },
    log,
  );
  const repairing = startPulse(
    'reconcile',
    (1000 * store.leaseSeconds) / REPAIRS_PER_LEASE,
    async () => {
      await store.scheduling.chargeUse(policy.halfLifeSeconds);
      const report = await store.scheduling.reconcile();
      metrics.counter('crucible_lease_expired_total').inc(report.lost);
      if (report.lost + report.notClaimed + report.lostWorkers + report.reannounced === 0) return;
      log.warn({ report }, 'repaired what lost workers or messages had left behind');
      scheduling.trigger();
      relaying.trigger();
    },
    log,
  );
  const cleaning = startPulse(
    'sweep',
    SWEEP_MS,
    async () => {
      const chunks = await store.checkpoints.sweep();
      const answers = await store.idempotency.sweep();
      const messages = await store.outbox.sweep();
      const names = (await store.workers.list()).filter(({ state }) => state !== 'gone').map(({ name }) => name);
      const numQueues = await queues.removeOthers(names);
      if (numQueues > 0) log.info({ queues: numQueues }, 'removed the queues of workers that are gone');
      const { points, logs, events } = await store.retention.sweep(retention);
      if (chunks + answers + messages + points + logs + events > 0)
        log.info({ chunks, answers, messages, points, logs, events }, 'swept');
    },
    log,
  );
  const scrubbing = startPulse('scrub', SCRUB_MS, () => scrub(store.checkpoints, scrubDays, log), log);
  const rollingUp = startPulse(
    'rollup',
    ROLL_UP_MS,
    async () => {
      await store.metrics.rollUp();
    },
    log,
  );
  const pulses = [scheduling, relaying, ordering, repairing, cleaning, scrubbing, rollingUp];
  queues.onReady(relaying.trigger);

  const stop = async (): Promise<void> => {
    queues.onReady(() => {});
    await Promise.all(pulses.map((pulse) => pulse.stop()));
    await scheduler.settled();
  };
  try {
    const listener = await store.listen(CHANNELS.wake, () => {
      scheduling.trigger();
      relaying.trigger();
      ordering.trigger();
    });
    return async () => {
      await Promise.all([listener.close(), stop()]);
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
