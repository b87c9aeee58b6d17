import { atMost, type Row } from './row.ts';
import { percentile, waitFor } from './timing.ts';

const STREAMS = 500;
const EVENTS = 20;
/** The clients that are timed; the others are there to be served. */
const TIMED = 50;

/** From the answer to a submit until clients have its event, while five hundred streams are open. */
export const stream: Row = async ({ url, key, call }) => {
  const closing = new AbortController();
  const received: Map<string, number>[] = [];
  const open = async (): Promise<void> => {
    const response = await fetch(`${url}/v1/stream?topics=jobs`, {
      headers: { authorization: `Bearer ${key}` },
      signal: closing.signal,
    });
    if (!response.ok || response.body === null) throw new Error(`a stream was refused: ${response.status}`);
    const seen = new Map<string, number>();
    received.push(seen);
    void readAll(response.body, seen).catch(() => {}); // cut at the end
  };
  for (let i = 0; i < STREAMS; i += 25) await Promise.all(Array.from({ length: 25 }, open));

  const times: number[] = [];
  for (let i = 0; i < EVENTS; i++) {
    const { id } = await call<{ id: string }>('POST', '/v1/jobs', {
      method: 'zen-nas',
      resources: { pool: 'none', slots: 1 },
    });
    const committedAt = performance.now();
    await waitFor('the event at every stream', () => received.every((seen) => seen.has(id)));
    for (const seen of received.slice(0, TIMED)) times.push(Math.max(0, (seen.get(id) ?? 0) - committedAt));
  }
  closing.abort();
  return [
    atMost('stream500.p95Ms', percentile(times, 0.95), 300),
    { name: 'stream500.p50Ms', value: percentile(times, 0.5), target: null },
  ];
};

const JOB_ID = /"jobId":"([0-9a-f-]{36})"/g;

/** Notes when each job was first named. */
async function readAll(body: ReadableStream<Uint8Array>, seen: Map<string, number>): Promise<void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    for (const [, id] of rest.matchAll(JOB_ID)) if (id !== undefined && !seen.has(id)) seen.set(id, performance.now());
    rest = rest.slice(rest.lastIndexOf('\n') + 1);
  }
}
