import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { extname } from 'node:path';
import { createStore } from '@crucible/store';
import { createMetrics, LOG_SECRETS, openTracing, serveMetrics } from '@crucible/telemetry';
import { pino } from 'pino';
import { loadConfig, type WorkerConfig } from './config.ts';
import { probeEngine } from './engine-probe.ts';
import { engineRequest, whySlow } from './engine-request.ts';
import { watchShutdown } from './shutdown.ts';
import { detectSlots } from './slots.ts';
import { openStateFolder } from './state-folder.ts';
import { startWorker } from './worker.ts';

const POOL_SIZE = 8;
const ANSWER_LIMIT_MS = 15_000;

/** A program beside this one: source runs source, build runs build. */
const sibling = (name: string): URL => new URL(`${name}${extname(import.meta.url)}`, import.meta.url);

const config = readConfig();
const log = pino({ level: config.logLevel, base: { worker: config.workerName }, ...LOG_SECRETS });
const signal = watchShutdown({ ...config, log, process });
try {
  await run();
} catch (error) {
  if (!signal.aborted) {
    log.fatal({ err: error }, `the worker cannot go on: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
// Whatever still holds the event loop has had its time.
process.exit();

async function run(): Promise<void> {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const state = await openStateFolder(config.stateDir, (attempt, pid) =>
    log.warn({ attempt, pid }, 'a child of an earlier start was ended'),
  );
  const slots = await detectSlots();
  const threads = config.engineThreads ?? Math.max(1, Math.floor(availableParallelism() / slots.length));
  const request = engineRequest(config, threads);
  const engine = await probeEngine(request, { module: sibling('./executor/probe'), env: config.childEnv });
  for (const { engine: name, code, message } of engine.reasons) log.info({ engine: name, code }, message);
  if (config.engine === 'auto' && engine.name === 'cpu') log.warn(whySlow(engine));
  const metrics = createMetrics('worker');
  const tracing = await openTracing(config.otlpEndpoint, 'crucible-worker');
  const metricsServer = config.metrics === null ? null : await serveMetrics(metrics, config.metrics);
  if (metricsServer !== null) log.info({ metrics: metricsServer.url }, 'serving metrics');
  const store = createStore({
    databaseUrl: config.databaseUrl,
    applicationName: `crucible-worker ${config.workerName}`,
    poolSize: POOL_SIZE,
    leaseSeconds: config.leaseMs / 1000,
    // Beyond what Postgres lets a statement take: only a network that swallows packets gets there.
    answerLimitMs: ANSWER_LIMIT_MS,
    onPoolWait: (seconds) => metrics.histogram('crucible_pg_pool_wait_seconds').observe(seconds),
  });
  try {
    const childModule = sibling('./executor/child');
    const worker = await startWorker(
      { config, version, store, state, engine, slots, childModule, log, request, telemetry: { metrics, tracing } },
      signal,
    );
    await Promise.race([aborted(signal), worker.replaced]);
    if (!signal.aborted) {
      log.fatal('another worker has taken the name of this one over; give each a CRUCIBLE_WORKER_NAME of its own');
      process.exitCode = 1;
    }
    await worker.drain();
  } finally {
    await store.close();
    await Promise.all([tracing.close(), metricsServer?.close()]);
  }
  log.info('ended in good order');
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function readConfig(): WorkerConfig {
  try {
    return loadConfig(process.env);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exit(1);
  }
}
