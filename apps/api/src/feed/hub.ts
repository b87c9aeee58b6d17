import { type FeedEvent, fits, isTerminal, ProgressHint } from '@crucible/contracts';
import { CHANNELS, type Listener, type Store } from '@crucible/store';
import type { FastifyBaseLogger } from 'fastify';
import { coalesced } from '../coalesced.ts';
import { type Audience, concerns } from './audience.ts';
import { ProgressHints } from './progress-hints.ts';

/** Someone who wants to hear of changes; must not throw. */
export interface FeedListener {
  events(events: readonly FeedEvent[]): void;
  hint(hint: ProgressHint): void;
  /** The process shuts down: nothing more will come. */
  end(): void;
}

const PAGE = 500;

/** A lost notification is made good by a look of our own, this often. */
const LOOK_MS = 5000;

/**
 * The change feed of one process: it listens to Postgres once, reads each event once, and hands it to every open
 * stream and long poll.
 */
export class FeedHub {
  readonly #store: Store;
  readonly #log: Pick<FastifyBaseLogger, 'warn'>;
  readonly #listeners = new Set<FeedListener>();
  readonly #hints: ProgressHints;
  readonly #reading = coalesced(() => this.#read());
  #subscriptions: Listener[] = [];
  #timer: NodeJS.Timeout | null = null;
  #cursor = 0;
  #isStopped = false;

  constructor(store: Store, log: Pick<FastifyBaseLogger, 'warn'>) {
    this.#store = store;
    this.#log = log;
    this.#hints = new ProgressHints((hint) => {
      for (const listener of this.#listeners) listener.hint(hint);
    });
  }

  async start(): Promise<void> {
    this.#cursor = await this.#store.events.newest();
    this.#subscriptions = [
      await this.#store.listen(CHANNELS.events, () => this.#reading.trigger()),
      await this.#store.listen(CHANNELS.hints, (payload) => this.#hear(payload)),
    ];
    this.#timer = setInterval(() => this.#reading.trigger(), LOOK_MS);
  }

  /** Ends every stream and long poll. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#hints.stop();
    for (const listener of this.#listeners) listener.end();
    this.#listeners.clear();
    await Promise.all(this.#subscriptions.map((subscription) => subscription.close()));
    await this.#reading.settled();
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Open streams and long polls. */
  get numListeners(): number {
    return this.#listeners.size;
  }

  /** @returns a function that ends the subscription */
  subscribe(listener: FeedListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The last progress that was heard of a job; null if none was. */
  progressOf(jobId: string): unknown {
    return this.#hints.progressOf(jobId);
  }

  /** Resolves at the next event for the audience, when `signal` is aborted, or when the process shuts down. */
  waitFor(audience: Audience, after: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        leave();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const leave = this.subscribe({
        events: (events) => {
          if (events.some((event) => event.seq > after && concerns(audience, event))) done();
        },
        hint: () => {},
        end: done,
      });
      signal.addEventListener('abort', done);
      if (signal.aborted || this.#isStopped) done();
    });
  }

  #hear(payload: string): void {
    if (payload === '') return;
    let hint: unknown;
    try {
      hint = JSON.parse(payload);
    } catch {
      hint = null;
    }
    if (fits(ProgressHint, hint)) this.#hints.add(hint);
    else this.#log.warn({ payload: payload.slice(0, 200) }, 'a progress hint is malformed');
  }

  async #read(): Promise<void> {
    try {
      let page: FeedEvent[];
      do {
        page = await this.#store.events.after(this.#cursor, [], PAGE, null);
        this.#cursor = page.at(-1)?.seq ?? this.#cursor;
        if (page.length > 0 && !this.#isStopped) this.#deliver(page);
      } while (page.length === PAGE);
    } catch (error) {
      this.#log.warn({ err: error }, 'the change feed cannot be read; the next look will try again');
    }
  }

  #deliver(page: readonly FeedEvent[]): void {
    for (const listener of this.#listeners) listener.events(page);
    for (const { jobId, state } of page)
      if (jobId !== null && state !== null && isTerminal(state)) this.#hints.forget(jobId);
  }
}
