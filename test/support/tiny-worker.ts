/**
 * @file Program of a worker whose children know the tiny method alone: what fault tests start and kill. All of it but the
 * method is the worker as it runs in service.
 */
import { createStore } from '@crucible/store';
import { loadConfig, logOf, openStateFolder, startWorker, tinyChild, watchShutdown } from '@crucible/worker/testing';

const config = loadConfig(process.env);
const log = logOf(config);
const signal = watchShutdown({ ...config, log, process });
const store = createStore({
  databaseUrl: config.databaseUrl,
  applicationName: `tiny worker ${config.workerName}`,
  poolSize: 8,
  leaseSeconds: config.leaseMs / 1000,
  answerLimitMs: config.leaseMs / 2,
});
const engine = { name: 'cpu', device: 'plain numbers', threads: 1, isa: '', versions: {}, reasons: [] } as const;
try {
  const worker = await startWorker(
    {
      config,
      version: '0.0.0',
      store,
      state: await openStateFolder(config.stateDir, (attempt, pid) => log.warn({ attempt, pid }, 'ended a leftover')),
      engine: { ...engine, reasons: [] },
      request: { name: 'none', threads: 1 },
      slots: [{ index: 0, kind: 'cpu', model: 'test', memoryMib: null }],
      childModule: tinyChild,
      log,
    },
    signal,
  );
  const ended = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  if (!signal.aborted) await Promise.race([ended, worker.replaced]);
  await worker.drain();
} catch (error) {
  if (!signal.aborted) {
    log.fatal({ err: error }, 'the worker cannot go on');
    process.exitCode = 1;
  }
}
process.exit();
