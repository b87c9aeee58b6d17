import type { WaitingJob } from '@crucible/scheduler';
import type { SchedulingSnapshot, WaitingReason } from '@crucible/store';
import { coarseReason } from './coarse-reason.ts';

/** Remembers the reasons that are stored, so that a pass sends the database only those that changed. */
export class ReasonBook {
  #stored = new Map<string, string>();

  /** The reasons that differ from the stored ones. */
  changed(waiting: readonly WaitingJob[], { now, jobs }: SchedulingSnapshot): WaitingReason[] {
    const withReason = new Set<string>();
    for (const { id, hasReason } of jobs) if (hasReason) withReason.add(id);
    return waiting
      .filter(({ code }) => code !== 'dependency') // comes with the change of the job's needs
      .map((each) => ({ jobId: each.jobId, waiting: coarseReason(each, now) }))
      .filter(
        ({ jobId, waiting: reason }) => !withReason.has(jobId) || this.#stored.get(jobId) !== JSON.stringify(reason),
      );
  }

  /** Notes that these are stored; forgets the jobs that wait no more. */
  note(reasons: readonly WaitingReason[], waiting: readonly WaitingJob[]): void {
    for (const { jobId, waiting: reason } of reasons) this.#stored.set(jobId, JSON.stringify(reason));
    if (this.#stored.size <= 2 * waiting.length + 1000) return;
    const live = new Set(waiting.map(({ jobId }) => jobId));
    this.#stored = new Map([...this.#stored].filter(([jobId]) => live.has(jobId)));
  }
}
