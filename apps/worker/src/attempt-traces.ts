import type { ClaimedJob } from '@crucible/store';
import type { TraceSpan, Tracing } from '@crucible/telemetry';

type Attributes = Parameters<Tracing['start']>[2];

/** The traces of the attempts of this worker: claim, attempt, and the steps inside it. */
export interface AttemptTraces {
  /** Notes what a message of the queue said of its trace, for the claim that follows. */
  expect(attemptId: string, trace: string | undefined): void;
  claim(attemptId: string): TraceSpan;
  /** Begins the step `attempt`. */
  begin(claimed: ClaimedJob, parent: string | null): void;
  /** Ends it. */
  end(attemptId: string): void;
  /** A step inside an attempt. */
  start(name: string, attemptId: string, attributes: Attributes): TraceSpan;
  /** Does `work` as a step inside an attempt. */
  step<T>(name: string, attemptId: string, attributes: Attributes, work: () => Promise<T>): Promise<T>;
}

export function createAttemptTraces(tracing: Tracing, workerName: string): AttemptTraces {
  const expected = new Map<string, string>();
  const attempts = new Map<string, TraceSpan>();
  const start: AttemptTraces['start'] = (name, attemptId, attributes) =>
    tracing.start(name, attempts.get(attemptId)?.traceparent ?? null, { ...attributes, 'crucible.attempt': attemptId });
  return {
    expect(attemptId, trace) {
      if (tracing.isOn && trace !== undefined) expected.set(attemptId, trace);
    },
    claim(attemptId) {
      const parent = expected.get(attemptId) ?? null;
      expected.delete(attemptId);
      return tracing.start('claim', parent, { 'crucible.attempt': attemptId, 'crucible.worker': workerName });
    },
    begin({ attemptId, jobId, number, fence, method }, parent) {
      if (!tracing.isOn) return;
      const attributes = {
        'crucible.job': jobId,
        'crucible.attempt': attemptId,
        'crucible.attempt.number': number,
        'crucible.fence': fence,
        'crucible.method': method,
        'crucible.worker': workerName,
      };
      attempts.set(attemptId, tracing.start('attempt', parent, attributes));
    },
    end(attemptId) {
      attempts.get(attemptId)?.end();
      attempts.delete(attemptId);
    },
    start,
    async step(name, attemptId, attributes, work) {
      const span = start(name, attemptId, attributes);
      try {
        const result = await work();
        span.end();
        return result;
      } catch (error) {
        span.end({ error });
        throw error;
      }
    },
  };
}
