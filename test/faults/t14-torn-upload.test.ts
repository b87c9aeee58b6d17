/** @file T14: the writer of a checkpoint is killed at each step of the protocol. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CHUNK_BYTES } from '@crucible/contracts';
import { withDatabase } from '../support/database.ts';
import { eachRound } from '../support/fault-rounds.ts';
import { claim, startJob } from '../support/running-attempt.ts';
import { ageChunks, hashOf, isStored, prepare, upload } from '../support/stored-checkpoints.ts';
import { type SentStatements, type TornUpload, tensorsOf } from '../support/torn-upload.ts';

const PROGRAM = fileURLToPath(new URL('../support/torn-upload.ts', import.meta.url));
const NEVER = 1_000_000;

const { databaseUrl, store, sql } = await withDatabase();

/** Runs the writer to its end. @returns what it sent, null when it was killed */
async function write(upload: TornUpload): Promise<SentStatements | null> {
  const child = spawn(
    process.execPath,
    ['--conditions=development', '--import', 'tsx', PROGRAM, JSON.stringify(upload)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let said = '';
  child.stdout.on('data', (text) => {
    said += String(text);
  });
  const [code, signal] = await once(child, 'close');
  assert.ok(code === 0 || signal === 'SIGKILL', `the writer ended with ${code ?? signal}`);
  return signal === 'SIGKILL' ? null : JSON.parse(said);
}

describe('a torn upload of a checkpoint', () => {
  let dir = '';
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'torn-'));
  });
  after(() => rm(dir, { recursive: true }));

  /**
   * A job with a checkpoint at step 1, whose writer is killed while it uploads step 2: what is there holds, what is torn
   * is gone after the grace, and the next attempt goes on.
   */
  async function tear(killAt: number, afterMs: number | null) {
    const { job, attempt, workerId } = await startJob(store, {
      keep: { last: 1, best: 0, metric: null, mode: 'max' },
    });
    const { attemptId, fence } = attempt;
    const [shared = new Uint8Array()] = tensorsOf(2);
    await upload(store, attempt, prepare(1, [shared, randomBytes(99)]));
    const salt = randomBytes(8).toString('hex');
    const sent = await write({ databaseUrl, dir, fence: { attemptId, fence }, step: 2, salt, killAt, afterMs });
    await store.attempts.release(attempt);
    const next = await claim(store, job.id, workerId);
    const isCommitted = next.resume?.manifest.step === 2;
    assert.equal(next.resume?.manifest.step, isCommitted ? 2 : 1);
    await ageChunks(sql);
    await store.checkpoints.sweep();
    const { rowCount } = await sql.query(`select from checkpoint where job_id = $1 and state = 'uploading'`, [job.id]);
    assert.equal(rowCount, 0, 'an upload was left open');
    const [, torn = new Uint8Array()] = tensorsOf(2, salt);
    assert.equal(await isStored(sql, hashOf(torn.subarray(CHUNK_BYTES))), isCommitted, 'torn chunks stay');
    for (const { chunks } of next.resume?.manifest.tensors ?? [])
      for (const hash of chunks) await store.checkpoints.readChunk(hash);
    await upload(store, next, prepare(3, [shared, randomBytes(99)]));
    assert.equal((await store.checkpoints.latest(job.id))?.manifest.step, 3);
    return { isCommitted, sent };
  }

  eachRound('is never committed, at whatever statement its writer dies', async (draw) => {
    const { sent, isCommitted } = await tear(NEVER, null);
    assert.ok(isCommitted && sent !== null && sent.commitAt > 15, `a writer that lives sent ${JSON.stringify(sent)}`);
    for (let killAt = 1; killAt <= sent.all; killAt++) {
      const torn = await tear(killAt, null);
      const expected: Awaited<ReturnType<typeof tear>> = { isCommitted: killAt > sent.commitAt, sent: null };
      assert.deepEqual(torn, expected, `killed before statement ${killAt} of ${sent.all}`);
    }
    // While a statement is under way both ends are right, and nothing between them.
    for (let i = 0; i < 6; i++) await tear(1 + draw(sent.all), draw(4));
  });
});
