import type { FastifyReply } from 'fastify';

/** Bytes that may wait for a slow client before it is dropped; it comes back and resumes by id. */
const MAX_BACKLOG_BYTES = 256 * 1024;
const HEARTBEAT_MS = 15_000;
const RECONNECT_MS = 2000;

/** One message of a stream. Without `id` it does not move the place from which the client resumes. */
export interface SseMessage {
  event?: string;
  id?: number | string;
  data?: unknown;
}

/** Server-sent events on one response, which it takes out of Fastify's hands. */
export class SseConnection {
  readonly #raw: FastifyReply['raw'];
  readonly #heartbeat: NodeJS.Timeout;
  #isOpen = true;

  /** @param onClose called once, whoever ended the connection */
  constructor(reply: FastifyReply, onClose: () => void) {
    reply.hijack();
    this.#raw = reply.raw;
    this.#raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>), // security headers and the request id
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no', // nginx would collect the events otherwise
      connection: 'close', // kept alive after its end, the socket would hold up a shutdown
    });
    this.#heartbeat = setInterval(() => this.#write(': still here\n\n'), HEARTBEAT_MS);
    this.#raw.on('close', () => {
      this.#isOpen = false;
      clearInterval(this.#heartbeat);
      onClose();
    });
    this.#raw.on('error', () => {}); // the other side left; `close` follows
    this.#write(`retry: ${RECONNECT_MS}\n\n`);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  send({ event, id, data }: SseMessage): void {
    const lines: string[] = [];
    if (event !== undefined) lines.push(`event: ${event}`);
    if (id !== undefined) lines.push(`id: ${id}`);
    if (data !== undefined) lines.push(`data: ${JSON.stringify(data)}`); // JSON holds no line break
    this.#write(`${lines.join('\n')}\n\n`);
  }

  /** Resolves when the client has taken enough to be sent more, or is gone. */
  flushed(): Promise<void> {
    if (!this.#isOpen || !this.#raw.writableNeedDrain) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        this.#raw.off('drain', done).off('close', done);
        resolve();
      };
      this.#raw.on('drain', done).on('close', done);
    });
  }

  /** Ends the stream in good order. */
  end(): void {
    if (this.#isOpen) this.#raw.end();
  }

  #write(text: string): void {
    if (!this.#isOpen) return;
    this.#raw.write(text);
    if (this.#raw.writableLength > MAX_BACKLOG_BYTES) {
      this.#isOpen = false;
      this.#raw.destroy();
    }
  }
}
