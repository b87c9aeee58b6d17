/**
 * @file Program of T14: uploads a checkpoint with the worker's own code and kills itself at one statement.
 *
 * Argument: JSON of {@link TornUpload}. Prints JSON of {@link SentStatements} when it comes to its end.
 */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CHUNK_BYTES, type CheckpointManifest } from '@crucible/contracts';
import { type AttemptFence, createStore } from '@crucible/store';
import { uploadCheckpoint } from '@crucible/worker/testing';
import pg from 'pg';

/** What to upload, and where to die. */
export interface TornUpload {
  databaseUrl: string;
  dir: string;
  fence: AttemptFence;
  step: number;
  /** makes its bytes those of nobody else */
  salt: string;
  /** number of the statement at which it dies, from 1; past the last one, it lives */
  killAt: number;
  /** milliseconds after the statement was sent; null: before it is sent */
  afterMs: number | null;
}

/** What a writer sent that was not killed. */
export interface SentStatements {
  all: number;
  /** number of the statement that commits the transaction in which the checkpoint is committed */
  commitAt: number;
}

/** The tensors of a step: one that every checkpoint has, and one of two chunks that nobody else has. */
export const tensorsOf = (step: number, salt = ''): Uint8Array[] => [
  Buffer.alloc(3000, 'shared'),
  Buffer.alloc(CHUNK_BYTES + 500, createHash('sha256').update(`step ${step} ${salt}`).digest()),
];

const die = () => process.kill(process.pid, 'SIGKILL');

/** Counts statements on their way to Postgres, whoever sends them. */
function dieAt(killAt: number, afterMs: number | null): SentStatements {
  const send = pg.Client.prototype.query as (...args: unknown[]) => unknown;
  const sent = { all: 0, commitAt: 0 };
  pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
    sent.all += 1;
    if (args[0] === 'commit') sent.commitAt = sent.all;
    if (sent.all === killAt && afterMs === null) die();
    if (sent.all === killAt && afterMs !== null) setTimeout(die, afterMs);
    return send.apply(this, args);
  } as typeof pg.Client.prototype.query;
  return sent;
}

async function main({ databaseUrl, dir, fence, step, salt, killAt, afterMs }: TornUpload): Promise<void> {
  const store = createStore({ databaseUrl, applicationName: 'torn upload', poolSize: 4 });
  await store.ping();
  await mkdir(dir, { recursive: true });
  const spool = await mkdtemp(join(dir, 'upload-'));
  const tensors = tensorsOf(step, salt);
  for (const [index, bytes] of tensors.entries()) await writeFile(join(spool, String(index)), bytes);
  const manifest: CheckpointManifest = {
    format: 1,
    method: 'zen-nas',
    step,
    state: { step },
    tensors: tensors.map((bytes, index) => ({
      name: `w${index}`,
      dtype: 'uint8',
      shape: [bytes.byteLength],
      bytes: bytes.byteLength,
      chunks: [],
    })),
  };
  const sent = dieAt(killAt, afterMs);
  const parts = { checkpoints: store.checkpoints, fence, retry: <T>(action: () => Promise<T>) => action() };
  await uploadCheckpoint({ manifest, dir: spool, after: Promise.resolve() }, parts);
  process.stdout.write(`${JSON.stringify(sent)}\n`);
  await store.close();
}

const [, program, argument] = process.argv;
if (program === import.meta.filename && argument !== undefined) await main(JSON.parse(argument));
