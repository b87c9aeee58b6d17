/** One message of a stream, as a client sees it. */
export interface SseEvent {
  event: string;
  /** the last id that was set, which a client sends to resume */
  id: string;
  data: unknown;
}

/** A client of a stream that can be asked for the next event and then be cut. */
export interface SseReader {
  readonly status: number;
  readonly headers: Headers;
  /** The next event with data; null at the end of the stream. */
  next(): Promise<SseEvent | null>;
  /** The last id, also of messages without data. */
  readonly lastId: string;
  /** Cuts the connection. */
  cut(): void;
}

/** Opens a stream and reads it by the rules of the HTML standard, as far as they are used here. */
export async function readSse(url: string, headers: Record<string, string>): Promise<SseReader> {
  const given = new AbortController();
  const response = await fetch(url, { headers, signal: given.signal });
  const chunks = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  let lastId = '';
  const takeBlock = async (): Promise<string | null> => {
    for (;;) {
      const end = text.indexOf('\n\n');
      if (end >= 0) {
        const block = text.slice(0, end);
        text = text.slice(end + 2);
        return block;
      }
      const chunk = await chunks?.read();
      if (chunk === undefined || chunk.done) return null;
      text += chunk.value;
    }
  };
  const next = async (): Promise<SseEvent | null> => {
    for (;;) {
      const block = await takeBlock();
      if (block === null) return null;
      const fields = new Map(
        block
          .split('\n')
          .filter((line) => !line.startsWith(':'))
          .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
      );
      lastId = fields.get('id') ?? lastId;
      const data = fields.get('data');
      if (data !== undefined) return { event: fields.get('event') ?? 'message', id: lastId, data: JSON.parse(data) };
    }
  };
  return {
    status: response.status,
    headers: response.headers,
    next,
    get lastId() {
      return lastId;
    },
    cut: () => given.abort(),
  };
}
