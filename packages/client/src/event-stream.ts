/** One message of a `text/event-stream`. */
export interface StreamFrame {
  event: string;
  data: string;
  /** last `id:` seen so far, empty when there was none */
  id: string;
}

/**
 * Messages of a `text/event-stream` body, in order (WHATWG HTML, section 9.2).
 *
 * Comments and `retry` lines are swallowed; a message that the end of the body cuts off is dropped.
 *
 * @param idleMs ends the stream when nothing, not even a comment, came for so long: a connection that died without
 *   a word (sleep of a laptop, lost network) would otherwise be read for ever
 */
export async function* readEventStream(body: ReadableStream<Uint8Array>, idleMs: number): AsyncGenerator<StreamFrame> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  let frame: StreamFrame = { event: 'message', data: '', id: '' };
  let isWorthSending = false;
  try {
    for (;;) {
      const idle = setTimeout(() => void reader.cancel().catch(() => {}), idleMs);
      const { value, done } = await reader.read().finally(() => clearTimeout(idle));
      if (done) return;
      rest += decoder.decode(value, { stream: true });
      // A lone CR at the end of a chunk may be half of a CRLF, so it waits for the next chunk.
      const lines = rest.split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line === '') {
          if (isWorthSending) yield { ...frame, data: frame.data.slice(0, -1) };
          frame = { event: 'message', data: '', id: frame.id };
          isWorthSending = false;
          continue;
        }
        const colon = line.indexOf(':');
        const field = colon === -1 ? line : line.slice(0, colon);
        const text = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
        if (field === 'event') frame.event = text;
        else if (field === 'id') frame.id = text;
        else if (field === 'data') frame.data += `${text}\n`;
        // An id alone is news too: the place from which a lost stream goes on.
        if (field === 'id' || field === 'data') isWorthSending = true;
      }
    }
  } finally {
    await reader.cancel().catch(() => {}); // the connection may be gone already
  }
}
