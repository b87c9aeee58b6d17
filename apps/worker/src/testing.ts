/** @file Parts of the worker for tests of the whole system, and a child with a method that ends in milliseconds. */
import { extname } from 'node:path';
import { type Logger, pino } from 'pino';

export { type AttemptRun, type AttemptRunParts, startAttempt } from './attempt-run.ts';
export { uploadCheckpoint } from './checkpoint-upload.ts';
export { loadConfig } from './config.ts';
export { type Consumer, startConsumer } from './consumer.ts';
export { createContext } from './executor/context.ts';
export { connectParent } from './executor/parent-link.ts';
export { identityOf, isRunning, type ProcessIdentity } from './process-identity.ts';
export { restore } from './restore.ts';
export { retrying } from './retrying.ts';
export { watchShutdown } from './shutdown.ts';
export { createSlotPool } from './slot-pool.ts';
export { createSpoolBudget } from './spool-budget.ts';
export { openStateFolder } from './state-folder.ts';
export { startWorker } from './worker.ts';

/** Program of a child that knows the method `tiny` alone; with the engine `none` it loads no tensor library. */
export const tinyChild = new URL(`./executor/testing/tiny-child${extname(import.meta.url)}`, import.meta.url);

/** A log that nobody reads. */
export const silentLog = (): Logger => pino({ level: 'silent' });
