import assert from 'node:assert/strict';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { after, before, describe } from 'node:test';
import { eachRound } from '../support/fault-rounds.ts';
import { eventually } from '../support/poll.ts';
import { type RunningApi, runApi } from '../support/running-api.ts';
import { newJob } from '../support/running-attempt.ts';
import { readSse } from '../support/sse-reader.ts';

/** As many as the promise names in a nightly run; CI cuts less often. */
const NUM_CUTS = Number(process.env.CRUCIBLE_FEED_CUTS ?? 60);
const LONGEST_PIECE = 3000;
const MOST_BEHIND = 100;
const LIMIT_MS = 60_000;

const api: RunningApi = await runApi();

/** A door to the API that cuts each connection after a number of bytes has come through, in the middle of whatever it is. */
async function openCutter(target: URL, nextCut: () => number): Promise<{ url: string; close(): void }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((inner) => {
    const outer = connect(Number(target.port), target.hostname);
    let left = nextCut();
    for (const socket of [inner, outer]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        inner.destroy();
        outer.destroy();
      });
    }
    inner.pipe(outer);
    outer.on('data', (bytes) => {
      inner.write(bytes.subarray(0, left));
      left -= bytes.length;
      if (left <= 0) inner.end(() => outer.destroy());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the cutter has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

describe('T20 feed resume', () => {
  before(() => assert.ok(NUM_CUTS > 0));
  after(() => api.close());

  eachRound('gives every event once and in order to a stream that is cut at random bytes', async (draw) => {
    const first = await api.store.events.newest();
    let numCuts = 0;
    const cutter = await openCutter(new URL(api.url), () => {
      numCuts += 1;
      return 1 + draw(LONGEST_PIECE);
    });
    const seen: number[] = [];
    let place = first;
    let isDone = false;
    let numWritten = 0;
    const writing = (async () => {
      while (!isDone) {
        // A stream that is further behind than the server allows is told to read everything anew.
        await eventually('the reader', async () => isDone || numWritten - seen.length < MOST_BEHIND, LIMIT_MS);
        const { value: job } = await api.store.jobs.submit(newJob({ resources: { pool: api.pool, slots: 1 } }));
        numWritten += 1;
        if (draw(2) === 0) await api.store.jobs.cancel(job.id);
      }
    })();

    /** Reads until the connection is cut, or the event `until` has come. */
    const read = async (until: number): Promise<void> => {
      const stream = await readSse(`${cutter.url}/v1/stream`, {
        authorization: `Bearer ${api.key}`,
        'last-event-id': String(place),
      });
      assert.equal(stream.status, 200);
      while (place < until) {
        const event = await stream.next();
        if (event === null) return;
        assert.notEqual(event.event, 'reset');
        if (event.event === 'progress') continue;
        seen.push(Number(event.id));
        place = Number(event.id);
      }
      stream.cut();
    };
    // A connection that is cut inside the head of the answer, or inside an event, ends with an error: that is the test.
    while (numCuts < NUM_CUTS) await read(Number.POSITIVE_INFINITY).catch(assertCut);
    isDone = true;
    await writing;
    const last = await api.store.events.assignSequence();
    while (place < last) await read(last).catch(assertCut);
    cutter.close();

    assert.ok(seen.length > 0 && last > first);
    assert.deepEqual(
      seen,
      Array.from({ length: last - first }, (_, i) => first + 1 + i),
    );
  });
});

/** Lets pass what a cut connection throws, and nothing that an assertion does. */
function assertCut(error: unknown): void {
  if (error instanceof assert.AssertionError || !(error instanceof TypeError)) throw error;
}
