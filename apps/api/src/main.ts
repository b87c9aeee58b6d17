import { CrucibleError } from '@crucible/contracts';
import { type Config, loadConfig } from './config.ts';
import { createLogger } from './logger.ts';
import { startService } from './server.ts';

/** Time in which open requests may end; then the process goes anyway. */
const SHUTDOWN_MS = 5000;

function configOrExit(): Config {
  try {
    return loadConfig(process.env);
  } catch (error) {
    if (!(error instanceof CrucibleError)) throw error;
    for (const { pointer, message } of error.faults) process.stderr.write(`${pointer} ${message}\n`);
    process.exit(2);
  }
}

const config = configOrExit();
const log = createLogger(config.logLevel);
const service = await startService(config, log).catch((error: unknown) => {
  log.fatal({ err: error }, 'the API could not start');
  process.exit(1);
});

let isStopping = false;
const stop = (reason: string): void => {
  if (isStopping) return;
  isStopping = true;
  log.info({ reason }, 'stopping');
  setTimeout(() => process.exit(1), SHUTDOWN_MS).unref();
  service.close().then(
    () => process.exit(0),
    (error: unknown) => {
      log.error({ err: error }, 'did not stop in order');
      process.exit(1);
    },
  );
};
process.on('SIGTERM', () => stop('SIGTERM'));
process.on('SIGINT', () => stop('SIGINT'));
// Its supervisor holds the other end: when that is gone, this process must not go on alone.
if (config.isSupervised) process.stdin.resume().on('end', () => stop('supervisor gone'));

process.stdout.write(`${JSON.stringify({ listening: service.url, metrics: service.metricsUrl })}\n`);
