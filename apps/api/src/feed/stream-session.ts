import type { FeedEvent, ProgressHint } from '@crucible/contracts';
import type { Events } from '@crucible/store';
import { type Audience, concerns, concernsHint } from './audience.ts';
import type { FeedHub } from './hub.ts';
import type { SseConnection, SseMessage } from './sse-connection.ts';

/** Events that a returning client may have missed; with more it is told to read everything anew. */
const MAX_BEHIND = 1000;
const PAGE = 200;

/**
 * Feeds one stream: first what the client missed, then what happens, without gap or repeat in between. Events that
 * arrive while the missed ones are read wait in `early`.
 */
export class StreamSession {
  readonly #connection: SseConnection;
  readonly #hub: FeedHub;
  readonly #audience: Audience;
  #early: FeedEvent[] | null = [];
  #place = 0;

  constructor(connection: SseConnection, hub: FeedHub, audience: Audience) {
    this.#connection = connection;
    this.#hub = hub;
    this.#audience = audience;
  }

  /** Begins to listen; to be called before `catchUp`, so that nothing falls between the two. */
  join(): () => void {
    return this.#hub.subscribe({
      events: (events) => {
        if (this.#early === null) this.#sendAll(events);
        else this.#early.push(...events);
      },
      hint: (hint) => this.#sendHint(hint),
      end: () => this.#connection.end(),
    });
  }

  /**
   * Sends what happened after `after`, or `reset` when that cannot be told any more.
   *
   * @param after the last event that the client has; null: only what happens from now on
   */
  async catchUp(store: Events, after: number | null): Promise<void> {
    const newest = await store.newest();
    this.#place = after ?? newest;
    if (after !== null && (await this.#isTooOld(store, after, newest))) {
      this.#place = newest;
      this.#connection.send({ event: 'reset', id: newest, data: { seq: newest } });
    } else if (after === null) {
      this.#connection.send({ id: newest }); // a client that loses the line at once can resume from here
    }
    let page: FeedEvent[];
    do {
      page = await store.after(this.#place, this.#audience.topics, PAGE, this.#audience.team);
      this.#sendAll(page);
    } while (page.length === PAGE && this.#connection.isOpen);
    this.#place = Math.max(this.#place, newest);
    const early = this.#early ?? [];
    this.#early = null;
    this.#sendAll(early);
  }

  /** Its place is not of this feed, too far back, or no longer kept: the feed itself has no gaps. */
  async #isTooOld(store: Events, after: number, newest: number): Promise<boolean> {
    if (after === newest) return false;
    if (after > newest || newest - after > MAX_BEHIND) return true;
    const [next] = await store.after(after, [], 1, null);
    return next?.seq !== after + 1;
  }

  #sendAll(events: readonly FeedEvent[]): void {
    for (const event of events) {
      if (event.seq <= this.#place) continue;
      this.#place = event.seq;
      if (concerns(this.#audience, event)) this.#connection.send(this.#messageOf(event));
    }
  }

  #messageOf(event: FeedEvent): SseMessage {
    if (event.jobId === null) return { event: 'worker', id: event.seq, data: event };
    return {
      event: 'job',
      id: event.seq,
      data: { ...event, id: event.jobId, progress: this.#hub.progressOf(event.jobId) },
    };
  }

  #sendHint(hint: ProgressHint): void {
    if (concernsHint(this.#audience, hint)) this.#connection.send({ event: 'progress', data: hint });
  }
}
