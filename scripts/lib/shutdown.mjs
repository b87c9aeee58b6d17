import { endRunningCommands, sleep } from './process.mjs';

const STOP_LIMIT_MS = 15_000;
const stops = [];
let closing = null;
let lastLine = () => null;

/**
 * Registers what must be undone before the launcher exits. The last one registered is run first.
 *
 * @param {() => Promise<void> | void} stop
 */
export function onShutdown(stop) {
  stops.push(stop);
}

/**
 * Sets the line that is printed after everything else, however the run ends.
 *
 * @param {() => string} line
 */
export function setLastLine(line) {
  lastLine = line;
}

/** True once the launcher has begun to stop: a child that ends now ends because it was told to. */
export const isClosing = () => closing !== null;

/**
 * Stops everything that this run started, then exits.
 *
 * @param {number} code exit code
 * @returns {Promise<never>}
 */
export function shutdown(code) {
  closing ??= close(code);
  return closing;
}

async function close(code) {
  endRunningCommands();
  for (const stop of stops.reverse()) {
    try {
      await Promise.race([stop(), sleep(STOP_LIMIT_MS)]);
    } catch (error) {
      console.error(`while stopping: ${error.message}`);
      code = code === 0 ? 1 : code;
    }
  }
  const line = lastLine();
  if (line !== null) console.log(line);
  process.exit(code);
}

/** Lets Ctrl-C, a terminal that closes and an unexpected error take the same way out as a normal end. */
export function catchSignals() {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => shutdown(130));
  for (const event of ['uncaughtException', 'unhandledRejection']) {
    process.on(event, (error) => fail(error));
  }
}

/**
 * Reports an error and stops. A `Failure` speaks for itself; of anything else the stack is shown too.
 *
 * @param {unknown} error
 */
export function fail(error) {
  if (isClosing()) return closing; // an aborted step fails because the launcher is stopping: not news
  const text = error instanceof Error ? (error.name === 'Failure' ? error.message : error.stack) : String(error);
  console.error(`\n${text}\n`);
  return shutdown(1);
}
