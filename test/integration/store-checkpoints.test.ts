import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { CHUNK_BYTES } from '@crucible/contracts';
import { hasCode } from '../support/codes.ts';
import { withDatabase } from '../support/database.ts';
import { claim, SUCCESS, startJob } from '../support/running-attempt.ts';
import { ageChunks, damage, hashOf, isStored, prepare, send, upload } from '../support/stored-checkpoints.ts';

const { store, sql } = await withDatabase();

const age = () => ageChunks(sql);

const states = async (jobId: string) => (await store.checkpoints.list(jobId)).map((view) => [view.step, view.state]);

describe('an upload', () => {
  it('becomes the point to resume from once it is committed, and not a step earlier', async () => {
    const { job, attempt, workerId } = await startJob(store);
    const prepared = prepare(5, [randomBytes(1000), randomBytes(20)]);
    const { checkpointId, missing } = await store.checkpoints.begin({ ...attempt, manifest: prepared.manifest });
    assert.deepEqual(missing.sort(), [...prepared.chunks.keys()].sort());
    const [first = '', second = ''] = missing;
    const commit = () => store.checkpoints.commit({ ...attempt, checkpointId });
    await assert.rejects(commit(), hasCode('checkpoint-corrupt'));
    await send(store, prepared.chunks, [first]);
    await assert.rejects(commit(), hasCode('checkpoint-corrupt'));
    assert.equal(await store.checkpoints.latest(job.id), null);
    await send(store, prepared.chunks, [second]);
    assert.equal(await store.checkpoints.latest(job.id), null);
    const view = await commit();
    assert.deepEqual([view.step, view.state, view.bytes, view.tensors, view.attempt], [5, 'committed', 1020, 2, 1]);
    assert.deepEqual(await commit(), view);
    await store.attempts.release(attempt);
    const { resume, number } = await claim(store, job.id, workerId);
    assert.equal(number, 2);
    assert.deepEqual(resume, { id: checkpointId, manifest: prepared.manifest, engine: null });
    assert.equal((await store.attempts.list(job.id))[1]?.resumedFromStep, 5);
  });

  it('that was torn by the end of its attempt is abandoned, and its chunks go after an hour', async () => {
    const { job, attempt, workerId } = await startJob(store);
    const kept = prepare(1, [randomBytes(50)]);
    await upload(store, attempt, kept);
    const torn = prepare(2, [randomBytes(60), randomBytes(70)]);
    const { missing } = await store.checkpoints.begin({ ...attempt, manifest: torn.manifest });
    await send(store, torn.chunks, missing.slice(0, 1));
    await store.attempts.release(attempt);
    const next = await claim(store, job.id, workerId);
    assert.equal(next.resume?.manifest.step, 1);
    await age();
    assert.equal(await store.checkpoints.sweep(), 1);
    assert.deepEqual(await states(job.id), [
      [2, 'abandoned'],
      [1, 'committed'],
    ]);
    for (const hash of kept.chunks.keys()) assert.ok(await isStored(sql, hash));
  });

  it('can be begun again and goes on where it was', async () => {
    const { attempt } = await startJob(store);
    const prepared = prepare(1, [randomBytes(10), randomBytes(11)]);
    const first = await store.checkpoints.begin({ ...attempt, manifest: prepared.manifest });
    await send(store, prepared.chunks, first.missing.slice(0, 1));
    const again = await store.checkpoints.begin({ ...attempt, manifest: prepared.manifest });
    assert.equal(again.checkpointId, first.checkpointId);
    assert.equal(again.missing.length, 1);
  });

  it('sends bytes once that two checkpoints share', async () => {
    const { attempt } = await startJob(store);
    const teacher = randomBytes(CHUNK_BYTES);
    await upload(store, attempt, prepare(1, [teacher, randomBytes(5)]));
    const next = prepare(2, [teacher, randomBytes(5)]);
    const { missing } = await store.checkpoints.begin({ ...attempt, manifest: next.manifest });
    assert.deepEqual(missing, [hashOf(next.chunks.get(missing[0] ?? '') ?? new Uint8Array())]);
    assert.equal(missing.includes(hashOf(teacher)), false);
  });

  it('cannot be committed by an attempt that lost its job', async () => {
    const { job, attempt, workerId } = await startJob(store);
    const prepared = prepare(1, [randomBytes(10)]);
    const { checkpointId, missing } = await store.checkpoints.begin({ ...attempt, manifest: prepared.manifest });
    await send(store, prepared.chunks, missing);
    await store.attempts.release(attempt);
    const next = await claim(store, job.id, workerId);
    await assert.rejects(store.checkpoints.commit({ ...attempt, checkpointId }), hasCode('stale-fence'));
    await assert.rejects(store.checkpoints.commit({ ...next, checkpointId }), hasCode('not-found'));
    assert.equal(await store.checkpoints.latest(job.id), null);
  });

  it('is refused when a tensor is not as long as it claims', async () => {
    const { attempt } = await startJob(store);
    const { manifest, chunks } = prepare(1, [randomBytes(10)]);
    const longer = { ...manifest, tensors: manifest.tensors.map((tensor) => ({ ...tensor, bytes: 11 })) };
    const { checkpointId, missing } = await store.checkpoints.begin({ ...attempt, manifest: longer });
    await send(store, chunks, missing);
    await assert.rejects(store.checkpoints.commit({ ...attempt, checkpointId }), hasCode('checkpoint-corrupt'));
  });
});

describe('a manifest', () => {
  it('comes back as it was, with the order of its keys and exact numbers', async () => {
    const { job, attempt } = await startJob(store);
    const state = { z: 0.1 + 0.2, a: [1e-300, 2 ** 53 - 1, -5e-324], m: { b: null, a: 'x' } };
    await upload(store, attempt, prepare(3, [], state));
    const latest = await store.checkpoints.latest(job.id);
    assert.equal(JSON.stringify(latest?.manifest.state), JSON.stringify(state));
  });
});

describe('committed checkpoints', () => {
  it('are kept to the last two, and the bytes of older ones are swept', async () => {
    const { job, attempt } = await startJob(store);
    const shared = randomBytes(30);
    const all = [1, 2, 3, 4].map((step) => prepare(step, [shared, randomBytes(40)]));
    for (const prepared of all) await upload(store, attempt, prepared);
    assert.deepEqual(await states(job.id), [
      [4, 'committed'],
      [3, 'committed'],
      [2, 'deleted'],
      [1, 'deleted'],
    ]);
    await store.checkpoints.sweep();
    for (const { chunks } of all)
      for (const hash of chunks.keys()) assert.ok(await isStored(sql, hash), 'not yet an hour');
    await age();
    assert.ok((await store.checkpoints.sweep()) >= 2);
    for (const { chunks, manifest } of all)
      for (const hash of chunks.keys())
        assert.equal(await isStored(sql, hash), manifest.step > 2 || hash === hashOf(shared), `step ${manifest.step}`);
  });

  it('serve by time of commit: work that went back to an earlier step replaced what lay beyond', async () => {
    const { job, attempt, workerId } = await startJob(store);
    await upload(store, attempt, prepare(50, [randomBytes(5)]));
    const late = await upload(store, attempt, prepare(100, [randomBytes(5)]));
    await store.checkpoints.markCorrupt(late);
    await store.attempts.release(attempt);
    const next = await claim(store, job.id, workerId);
    assert.equal(next.resume?.manifest.step, 50);
    await upload(store, next, prepare(60, [randomBytes(5)]));
    assert.equal((await store.checkpoints.latest(job.id))?.manifest.step, 60);
  });
});

describe('a damaged chunk', () => {
  it('is noticed when it is read, and is sent again after its checkpoint is taken out of use', async () => {
    const { job, attempt } = await startJob(store);
    const shared = randomBytes(100);
    await upload(store, attempt, prepare(1, [randomBytes(10)]));
    const id = await upload(store, attempt, prepare(2, [shared]));
    const hash = hashOf(shared);
    assert.deepEqual(Buffer.from(await store.checkpoints.readChunk(hash)), shared);
    await damage(sql, hash, 3);
    await assert.rejects(store.checkpoints.readChunk(hash), hasCode('checkpoint-corrupt'));
    await store.checkpoints.markCorrupt(id);
    await store.checkpoints.markCorrupt(id);
    assert.equal((await store.checkpoints.latest(job.id))?.manifest.step, 1);
    const again = prepare(2, [shared]);
    const { missing } = await store.checkpoints.begin({ ...attempt, manifest: again.manifest });
    assert.deepEqual(missing, [hash]);
    await upload(store, attempt, again);
    assert.deepEqual(Buffer.from(await store.checkpoints.readChunk(hash)), shared);
    await assert.rejects(store.checkpoints.readChunk('0'.repeat(64)), hasCode('checkpoint-corrupt'));
  });

  it('cannot be put', async () => {
    await assert.rejects(
      store.checkpoints.putChunk(hashOf(Buffer.from('a')), Buffer.from('b')),
      hasCode('checkpoint-corrupt'),
    );
    const large = randomBytes(CHUNK_BYTES + 1);
    await assert.rejects(store.checkpoints.putChunk(hashOf(large), large), hasCode('payload-too-large'));
  });
});

it('never sweeps a chunk that a committed checkpoint names, while sweeps and uploads run against each other', async () => {
  const { job, attempt } = await startJob(store);
  const pieces = Array.from({ length: 6 }, () => randomBytes(64));
  const pick = (i: number) => pieces[i % pieces.length] ?? randomBytes(64);
  const uploading = new AbortController();
  const sweepOn = async () => {
    while (!uploading.signal.aborted) {
      await age();
      await store.checkpoints.sweep();
    }
  };
  const uploadAndRead = async () => {
    // chunks come back that an earlier sweep may be deleting just now
    for (let step = 1; step <= 40; step++) {
      await upload(store, attempt, prepare(step, [pick(step), pick(step * 5 + 1)]));
      const latest = await store.checkpoints.latest(job.id);
      assert.equal(latest?.manifest.step, step);
      for (const { chunks } of latest.manifest.tensors)
        for (const hash of chunks) await store.checkpoints.readChunk(hash);
    }
  };
  const uploads = uploadAndRead().finally(() => uploading.abort());
  await Promise.all([uploads, sweepOn(), sweepOn()]);
});

it('survives the end of its job', async () => {
  const { job, attempt } = await startJob(store);
  const prepared = prepare(1, [randomBytes(9)]);
  await upload(store, attempt, prepared);
  await store.attempts.finish({ ...attempt, ...SUCCESS });
  await age();
  await store.checkpoints.sweep();
  for (const hash of prepared.chunks.keys()) await store.checkpoints.readChunk(hash);
  assert.equal((await store.checkpoints.latest(job.id))?.manifest.step, 1);
});
