import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { it } from 'node:test';
import { CHUNK_BYTES } from '@crucible/contracts';
import { hasCode } from '../support/codes.ts';
import { withDatabase } from '../support/database.ts';
import { startJob } from '../support/running-attempt.ts';

const { store, sql } = await withDatabase();

const file = { name: 'weights.safetensors', mediaType: 'application/octet-stream' };

async function read(jobId: string, name: string): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of (await store.artifacts.open(jobId, name)).chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

/** `bytes` in pieces that do not fit the chunks. */
function* inPieces(bytes: Buffer, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

it('gives a file back byte for byte, whatever the pieces it came in', async () => {
  const { job, attempt } = await startJob(store);
  const bytes = randomBytes(2 * CHUNK_BYTES + 12_345);
  for (const size of [70_000, CHUNK_BYTES, 5 * CHUNK_BYTES]) {
    const view = await store.artifacts.store({ ...attempt, ...file, content: inPieces(bytes, size) });
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    assert.deepEqual([view.name, view.bytes, view.sha256, view.attempt], [file.name, bytes.byteLength, sha256, 1]);
    assert.ok(bytes.equals(await read(job.id, file.name)));
  }
  assert.equal((await store.artifacts.list(job.id)).length, 1);
});

it('stores a file without bytes', async () => {
  const { job, attempt } = await startJob(store);
  const view = await store.artifacts.store({ ...attempt, ...file, content: [] });
  assert.equal(view.bytes, 0);
  assert.equal((await read(job.id, file.name)).byteLength, 0);
});

it('replaces a file of the same name, whose bytes are swept later', async () => {
  const { job, attempt } = await startJob(store);
  await store.artifacts.store({ ...attempt, ...file, content: [Buffer.from('first')] });
  await store.artifacts.store({ ...attempt, ...file, content: [Buffer.from('second')] });
  await store.artifacts.store({ ...attempt, ...file, name: 'a.json', content: [Buffer.from('{}')] });
  assert.equal((await read(job.id, file.name)).toString(), 'second');
  assert.deepEqual(
    (await store.artifacts.list(job.id)).map((view) => view.name),
    ['a.json', file.name],
  );
  await sql.query(`update chunk set touched_at = now() - interval '2 hours'`);
  await store.checkpoints.sweep();
  assert.equal((await read(job.id, file.name)).toString(), 'second');
  const { rowCount } = await sql.query('select from chunk where sha256 = sha256($1)', [Buffer.from('first')]);
  assert.equal(rowCount, 0);
});

it('is not found by another name', async () => {
  const { job } = await startJob(store);
  await assert.rejects(store.artifacts.open(job.id, 'none'), hasCode('not-found'));
});
