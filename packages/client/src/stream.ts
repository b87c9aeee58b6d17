import { CrucibleError, type FeedEvent, type ProgressHint } from '@crucible/contracts';
import { readEventStream } from './event-stream.ts';
import { type Http, pause, queryOf } from './http.ts';

/** The server sends a comment every 15 s; three of them missing means that the connection is dead. */
const IDLE_MS = 45_000;

export interface StreamOptions {
  /** `jobs`, `workers`, `job:ID`; none: everything */
  topics?: readonly string[];
  /** start behind this `seq`; without it the stream starts with what happens from now on */
  after?: number;
  signal?: AbortSignal;
}

/**
 * What a stream says. `connected` comes after every (re)connection, `disconnected` when one was lost, `reset` when the
 * server could not go on where the client stood: then everything shown must be read again.
 */
export type StreamMessage =
  | { kind: 'connected' }
  | { kind: 'disconnected'; error: Error | null }
  | { kind: 'event'; event: FeedEvent }
  | { kind: 'hint'; hint: ProgressHint }
  | { kind: 'reset' };

/**
 * The change feed as it happens, reconnected for ever and continued at the last `seq` read.
 *
 * Ends when `signal` aborts. @throws CrucibleError for an answer that no repetition will mend (key, topics)
 */
export async function* openStream(
  http: Http,
  reconnectMs: number,
  options: StreamOptions,
): AsyncGenerator<StreamMessage> {
  const { topics = [], signal } = options;
  let lastId = options.after === undefined ? '' : String(options.after);
  for (;;) {
    let error: Error | null = null;
    try {
      const query = queryOf({ topics: topics.length === 0 ? undefined : topics.join(',') });
      const headers: Record<string, string> = { accept: 'text/event-stream' };
      if (lastId !== '') headers['last-event-id'] = lastId;
      const { body } = await http.send(`/v1/stream${query}`, { headers, signal });
      if (body === null) throw new CrucibleError('unavailable', 'The stream has no body.');
      yield { kind: 'connected' };
      for await (const frame of readEventStream(body, IDLE_MS)) {
        if (frame.id !== '') lastId = frame.id;
        const message = messageOf(frame.event, frame.data);
        if (message !== null) yield message;
      }
    } catch (cause) {
      if (signal?.aborted) return;
      if (cause instanceof CrucibleError && !cause.retryable) throw cause;
      error = cause instanceof Error ? cause : new Error(String(cause));
    }
    if (signal?.aborted) return;
    yield { kind: 'disconnected', error };
    try {
      await pause(reconnectMs, signal);
    } catch {
      return; // aborted while waiting
    }
  }
}

/** Kinds that a later server may add are passed over. */
function messageOf(event: string, data: string): StreamMessage | null {
  if (event === 'reset') return { kind: 'reset' };
  let content: unknown;
  try {
    content = JSON.parse(data);
  } catch {
    return null;
  }
  if (typeof content !== 'object' || content === null) return null;
  if ('seq' in content && 'kind' in content) return { kind: 'event', event: content as FeedEvent };
  if ('maxStep' in content && 'jobId' in content) return { kind: 'hint', hint: content as ProgressHint };
  return null;
}
