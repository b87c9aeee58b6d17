import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, describe, it } from 'node:test';
import { createClient } from '@crucible/client';
import { CHUNK_BYTES, type Problem } from '@crucible/contracts';
import { hasCode } from '../support/codes.ts';
import { runApi } from '../support/running-api.ts';
import { startJob } from '../support/running-attempt.ts';
import { damage, hashOf, prepare, upload } from '../support/stored-checkpoints.ts';

const api = await runApi({ leads: false });
const client = createClient({ baseUrl: api.url, key: api.key, retryWaitsMs: [] });
const keep = { last: 9, best: 0, metric: null, mode: 'max' } as const;

const fetchContent = (id: string, headers: Record<string, string> = {}, method = 'GET') =>
  fetch(`${api.url}/v1/checkpoints/${id}/content`, {
    method,
    headers: { authorization: `Bearer ${api.key}`, ...headers },
  });
const bytesOf = async (answer: Response) => Buffer.from(await answer.arrayBuffer());

describe('checkpoints over HTTP', () => {
  after(() => api.close());

  it('are listed, read, pinned, annotated, previewed and removed', async () => {
    const { job, attempt } = await startJob(api.store, { keep });
    const first = await upload(api.store, attempt, prepare(1, [randomBytes(10)]));
    const second = await upload(api.store, attempt, prepare(2, [randomBytes(20)]));
    const list = await client.checkpoints(job.id);
    assert.deepEqual(
      list.map(({ id, jobId, keptFor }) => [id, jobId, keptFor]),
      [second, first].map((id) => [id, job.id, ['last']]),
    );
    const pinned = await client.checkpoint.change(first, { pinned: true, note: 'a note' });
    assert.deepEqual([pinned.pinned, pinned.note], [true, 'a note']);
    assert.deepEqual(await client.checkpoint.get(first), pinned);
    assert.equal((await client.checkpoint.manifest(first)).step, 1);
    const preview = await client.previewKeep(job.id, { last: 1 });
    assert.deepEqual([preview.removed.length, preview.freedBytes], [0, 0]);
    await assert.rejects(client.checkpoint.remove(first), hasCode('checkpoint-in-use'));
    await client.checkpoint.change(first, { pinned: false });
    assert.equal((await client.previewKeep(job.id, { last: 1 })).freedBytes, 10);
    await client.checkpoint.remove(first);
    assert.equal((await client.checkpoint.get(first)).state, 'deleted');
    await assert.rejects(client.checkpoint.download(first), hasCode('not-found'));
    const storage = await client.storage();
    assert.deepEqual([storage.team, storage.logicalBytes >= 20], ['default', true]);
  });

  it('refuse what they do not know', async () => {
    const { job, attempt } = await startJob(api.store, { keep });
    const id = await upload(api.store, attempt, prepare(1, [randomBytes(10)]));
    for (const change of [{}, { pinned: 'yes' }, { note: 'x'.repeat(2001) }, { step: 3 }])
      await assert.rejects(client.checkpoint.change(id, change as object), hasCode('invalid-request'));
    await assert.rejects(client.checkpoint.get(job.id), hasCode('not-found'));
    await assert.rejects(client.checkpoint.get('nothing'), hasCode('not-found'));
    const { status } = await api.get(`/v1/jobs/${job.id}/checkpoints/preview?newest=3`);
    assert.equal(status, 400);
  });

  it('start a job, which keeps them', async () => {
    const { attempt } = await startJob(api.store, { keep: { ...keep, last: 1 } });
    const start = await upload(api.store, attempt, prepare(1, [randomBytes(10)]));
    const { status, body } = await api.post<Problem>('/v1/jobs', {
      method: 'zen-nas',
      fromCheckpoint: '01890000-0000-7000-8000-000000000001',
    });
    assert.deepEqual([status, body.code], [404, 'not-found']);
    const submitted = await client.submit({ method: 'zen-nas', fromCheckpoint: start });
    assert.equal(submitted.fromCheckpoint, start);
    await upload(api.store, attempt, prepare(2, [randomBytes(10)]));
    assert.deepEqual((await client.checkpoint.get(start)).keptFor, ['in-use']);
  });

  describe('as a file', () => {
    const stored = async () => {
      const { job, attempt } = await startJob(api.store, { keep });
      const tensors = [randomBytes(CHUNK_BYTES), randomBytes(CHUNK_BYTES), randomBytes(77)];
      const id = await upload(api.store, attempt, prepare(3, tensors, { epoch: 3 }));
      return { job, attempt, id, tensors };
    };

    it('come whole, with their length and tag', async () => {
      const { id, tensors } = await stored();
      const answer = await fetchContent(id);
      const whole = await bytesOf(answer);
      assert.equal(answer.status, 200);
      assert.equal(Number(answer.headers.get('content-length')), whole.byteLength);
      assert.equal(answer.headers.get('etag'), `"${(await client.checkpoint.get(id)).rootSha256}"`);
      assert.equal(answer.headers.get('accept-ranges'), 'bytes');
      const headerEnd = 8 + Number(whole.readBigUInt64LE(0));
      const header = JSON.parse(whole.subarray(8, headerEnd).toString());
      assert.deepEqual(header.__metadata__, { format: 'crucible', method: 'zen-nas', step: '3', state: '{"epoch":3}' });
      for (const [i, bytes] of tensors.entries()) {
        const { dtype, shape, data_offsets } = header[`w${i}`];
        assert.deepEqual([dtype, shape], ['U8', [bytes.byteLength]]);
        const [from, to] = data_offsets;
        assert.ok(whole.subarray(headerEnd + from, headerEnd + to).equals(bytes), `tensor ${i}`);
      }
      const head = await fetchContent(id, {}, 'HEAD');
      assert.deepEqual([head.status, Number(head.headers.get('content-length'))], [200, whole.byteLength]);
      assert.equal((await fetchContent(id, { 'if-none-match': String(answer.headers.get('etag')) })).status, 304);
    });

    it('come in ranges that add up to the whole', async () => {
      const { id } = await stored();
      const whole = await bytesOf(await fetchContent(id));
      const size = whole.byteLength;
      const parts: Buffer[] = [];
      for (let at = 0; at < size; at += 700_001) {
        const answer = await fetchContent(id, { range: `bytes=${at}-${at + 700_000}` });
        const part = await bytesOf(answer);
        assert.equal(answer.status, 206);
        const last = Math.min(at + 700_000, size - 1);
        assert.equal(answer.headers.get('content-range'), `bytes ${at}-${last}/${size}`);
        assert.equal(Number(answer.headers.get('content-length')), part.byteLength);
        parts.push(part);
      }
      assert.ok(Buffer.concat(parts).equals(whole));
      assert.ok((await bytesOf(await fetchContent(id, { range: 'bytes=-9' }))).equals(whole.subarray(-9)));
      const beyond = await fetchContent(id, { range: `bytes=${size}-` });
      assert.deepEqual([beyond.status, beyond.headers.get('content-range')], [416, `bytes */${size}`]);
      assert.equal(((await beyond.json()) as Problem).code, 'range-not-satisfiable');
    });

    it('come whole when the range was of another version', async () => {
      const { id } = await stored();
      const range = 'bytes=0-4';
      const same = String((await fetchContent(id, { range })).headers.get('etag'));
      assert.equal((await fetchContent(id, { range, 'if-range': same })).status, 206);
      assert.equal((await fetchContent(id, { range, 'if-range': '"other"' })).status, 200);
    });

    it('break off at a damaged chunk, and are out of use from then on', async () => {
      const { job, attempt, id, tensors } = await stored();
      const sound = prepare(4, [randomBytes(9)]);
      const newest = await upload(api.store, attempt, sound);
      await damage(api.sql, hashOf(tensors[1] ?? assert.fail()), 1000);
      await assert.rejects(async () => bytesOf(await fetchContent(id)));
      assert.equal((await client.checkpoint.get(id)).state, 'corrupt');
      const again = await fetchContent(id);
      assert.deepEqual([again.status, ((await again.json()) as Problem).code], [500, 'checkpoint-corrupt']);
      assert.equal((await client.checkpoint.verify(newest)).chunks, 1);
      await damage(api.sql, hashOf(sound.chunks.values().next().value ?? assert.fail()));
      await assert.rejects(client.checkpoint.verify(newest), hasCode('checkpoint-corrupt'));
      assert.equal(await api.store.checkpoints.latest(job.id), null);
    });
  });
});
