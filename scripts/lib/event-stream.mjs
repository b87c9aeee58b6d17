/**
 * Reads a Server-Sent Events stream, see the HTML standard, section 9.2.
 *
 * @param {AsyncIterable<Uint8Array>} body
 * @returns {AsyncGenerator<{ event: string, data: string, id: string | null }>} ends with the stream; comments, which
 *   servers send to keep the connection open, are left out
 */
export async function* readEvents(body) {
  const decoder = new TextDecoder();
  let waiting = '';
  for await (const chunk of body) {
    waiting += decoder.decode(chunk, { stream: true });
    const blocks = waiting.split(/\r\n\r\n|\n\n|\r\r/);
    waiting = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = parseEvent(block);
      if (event !== null) yield event;
    }
  }
}

function parseEvent(block) {
  const fields = { event: 'message', id: null };
  const data = [];
  for (const line of block.split(/\r\n|\n|\r/)) {
    const [, name, value] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? [];
    if (name === 'data') data.push(value ?? '');
    else if (name === 'event' || name === 'id') fields[name] = value ?? '';
  }
  return data.length === 0 ? null : { ...fields, data: data.join('\n') };
}
