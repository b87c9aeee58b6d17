import type { CrucibleClient, StreamMessage } from '@crucible/client';

/** `live`: changes arrive as they happen. `polling`: the stream is away, pages ask by themselves. */
export type FeedStatus = 'connecting' | 'live' | 'polling';

/** Wait before a stream that ended with an error is tried again; pages poll meanwhile. */
const RESTART_MS = 15_000;

/** One stream for the whole tab, shared by everything on the page: browsers allow six connections per host. */
export interface LiveFeed {
  status(): FeedStatus;
  /** Calls `listener` for every message and for every change of status; returns the way to stop that. */
  subscribe(listener: (message: StreamMessage) => void): () => void;
  stop(): void;
}

export function createLiveFeed(client: CrucibleClient): LiveFeed {
  const listeners = new Set<(message: StreamMessage) => void>();
  const abort = new AbortController();
  let status: FeedStatus = 'connecting';
  let restart: ReturnType<typeof setTimeout> | undefined;

  const tell = (message: StreamMessage) => {
    if (message.kind === 'connected') status = 'live';
    if (message.kind === 'disconnected') status = 'polling';
    for (const listener of listeners) listener(message);
  };

  const run = async (): Promise<void> => {
    try {
      for await (const message of client.stream({ signal: abort.signal })) tell(message);
    } catch (cause) {
      if (abort.signal.aborted) return;
      tell({ kind: 'disconnected', error: cause instanceof Error ? cause : new Error(String(cause)) });
      restart = setTimeout(() => void run(), RESTART_MS);
    }
  };
  void run();

  return {
    status: () => status,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop() {
      clearTimeout(restart);
      abort.abort();
      listeners.clear();
    },
  };
}
