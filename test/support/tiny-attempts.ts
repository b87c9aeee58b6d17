import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Slot } from '@crucible/contracts';
import {
  type AttemptRunParts,
  createSpoolBudget,
  openStateFolder,
  silentLog,
  tinyChild,
} from '@crucible/worker/testing';

/** The slot of attempts that a test starts itself. */
export const TINY_SLOT: Slot = { index: 0, kind: 'cpu', model: 'test', memoryMib: null };

/**
 * What an attempt at the tiny method is started with, in a folder of its own, for which the caller is to care.
 * Nobody sends heartbeats, so that the lease is long.
 */
export async function tinyAttemptParts(store: AttemptRunParts['store']): Promise<AttemptRunParts> {
  const folder = await mkdtemp(join(tmpdir(), 'attempts-'));
  return {
    store,
    state: await openStateFolder(folder, () => assert.fail('nothing is left')),
    log: silentLog(),
    childModule: tinyChild,
    childEnv: Object.fromEntries(Object.entries(process.env).map(([name, value]) => [name, String(value)])),
    engine: { name: 'none', threads: 1 },
    dataDir: folder,
    leaseMs: 600_000,
    budget: createSpoolBudget(2 ** 30),
  };
}
