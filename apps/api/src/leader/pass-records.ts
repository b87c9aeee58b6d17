import type { NewPass, Scheduling } from '@crucible/store';
import type { FastifyBaseLogger } from 'fastify';

/** Share of the time that may go into keeping records. */
const DUTY = 0.1;

/**
 * Keeps what passes decided, beside the passes and never in their way: one record at a time, and with a long queue, of
 * which a record costs tens of milliseconds, not more than a tenth of the time. Passes that preempt are always kept.
 */
export class PassRecords {
  readonly #scheduling: Pick<Scheduling, 'recordPass'>;
  readonly #log: Pick<FastifyBaseLogger, 'warn'>;
  #writing: Promise<void> = Promise.resolve();
  #isWriting = false;
  #restUntil = 0;

  constructor(scheduling: Pick<Scheduling, 'recordPass'>, log: Pick<FastifyBaseLogger, 'warn'>) {
    this.#scheduling = scheduling;
    this.#log = log;
  }

  /** Stores a pass in the background, or passes it over. */
  keep(pass: NewPass): void {
    const isTooSoon = this.#isWriting || performance.now() < this.#restUntil;
    if (isTooSoon && pass.numPreempted === 0) return;
    this.#writing = this.#writing.then(() => this.#write(pass));
  }

  /** Resolves when nothing is being written. */
  settled(): Promise<void> {
    return this.#writing;
  }

  async #write(pass: NewPass): Promise<void> {
    const start = performance.now();
    this.#isWriting = true;
    try {
      await this.#scheduling.recordPass(pass);
    } catch (error) {
      this.#log.warn({ err: error }, 'a scheduling pass could not be recorded');
    }
    this.#isWriting = false;
    const end = performance.now();
    this.#restUntil = end + (end - start) * (1 / DUTY - 1);
  }
}
