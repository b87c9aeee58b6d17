import type { ProgressHint } from '@crucible/contracts';

const INTERVAL_MS = 1000;

/** Thins hints out: at most one per job and second, always the newest. */
export class ProgressHints {
  readonly #newest = new Map<string, ProgressHint>();
  readonly #pending = new Set<string>();
  readonly #send: (hint: ProgressHint) => void;
  #timer: NodeJS.Timeout | null = null;

  constructor(send: (hint: ProgressHint) => void) {
    this.#send = send;
  }

  add(hint: ProgressHint): void {
    this.#newest.set(hint.jobId, hint);
    this.#pending.add(hint.jobId);
    this.#timer ??= setTimeout(() => this.#flush(), INTERVAL_MS);
  }

  /** The last progress that was heard of a job, null if none was. */
  progressOf(jobId: string): unknown {
    return this.#newest.get(jobId)?.progress ?? null;
  }

  /** The job has ended: it moves no more. */
  forget(jobId: string): void {
    this.#newest.delete(jobId);
    this.#pending.delete(jobId);
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #flush(): void {
    this.#timer = null;
    for (const jobId of this.#pending) {
      const hint = this.#newest.get(jobId);
      if (hint !== undefined) this.#send(hint);
    }
    this.#pending.clear();
  }
}
