import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readEvents } from './event-stream.mjs';

const encoder = new TextEncoder();

async function eventsOf(...chunks) {
  const events = [];
  const body = (async function* () {
    for (const chunk of chunks) yield encoder.encode(chunk);
  })();
  for await (const event of readEvents(body)) events.push(event);
  return events;
}

describe('readEvents', () => {
  it('joins events that arrive in pieces and data of several lines', async () => {
    assert.deepEqual(await eventsOf('event: jo', 'b\nid: 7\ndata: {"a":\ndata: 1}\n', '\n'), [
      { event: 'job', id: '7', data: '{"a":\n1}' },
    ]);
  });

  it('leaves out comments and events without data', async () => {
    assert.deepEqual(await eventsOf(': still here\n\nevent: x\n\ndata\n\n'), [
      { event: 'message', id: null, data: '' },
    ]);
  });

  it('reads lines that end with carriage return and line feed', async () => {
    assert.deepEqual(await eventsOf('data:a\r\n\r\ndata: b\r\n\r\n'), [
      { event: 'message', id: null, data: 'a' },
      { event: 'message', id: null, data: 'b' },
    ]);
  });
});
