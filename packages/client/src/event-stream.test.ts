import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readEventStream, type StreamFrame } from './event-stream.ts';

const bodyOf = (...chunks: string[]): ReadableStream<Uint8Array> => {
  const encoder = new TextEncoder();
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(encoder.encode(chunk));
      controller.close();
    },
  });
};

const framesOf = async (...chunks: string[]): Promise<StreamFrame[]> => {
  const frames: StreamFrame[] = [];
  for await (const frame of readEventStream(bodyOf(...chunks), 1000)) frames.push(frame);
  return frames;
};

describe('readEventStream', () => {
  it('puts a message together that arrives in pieces', async () => {
    assert.deepEqual(await framesOf('id: 4\nev', 'ent: job.state\nda', 'ta: {"a":1}\n', '\n'), [
      { event: 'job.state', data: '{"a":1}', id: '4' },
    ]);
  });

  it('joins data lines, keeps the last id and swallows comments and retry', async () => {
    assert.deepEqual(await framesOf('retry: 2000\n\n: ping\n\nid: 1\ndata: a\ndata: b\n\ndata:c\n\n'), [
      { event: 'message', data: 'a\nb', id: '1' },
      { event: 'message', data: 'c', id: '1' },
    ]);
  });

  it('tells of an id that comes without data', async () => {
    assert.deepEqual(await framesOf('id: 7\n\nevent: job\n\n'), [{ event: 'message', data: '', id: '7' }]);
  });

  it('reads CRLF that is cut between two chunks as one line end', async () => {
    assert.deepEqual(await framesOf('data: a\r', '\ndata: b\r\n', '\r\n'), [
      { event: 'message', data: 'a\nb', id: '' },
    ]);
  });

  it('drops a message that the end cuts off', async () => {
    assert.deepEqual(await framesOf('data: a\n'), []);
  });

  it('ends when nothing arrives for the idle time', async () => {
    const silent = new ReadableStream<Uint8Array>({ start() {} });
    const frames = readEventStream(silent, 5);
    assert.deepEqual(await frames.next(), { value: undefined, done: true });
  });
});
