import type { Outbox, Traces } from '@crucible/store';
import type { TraceSpan, Tracing } from '@crucible/telemetry';

/**
 * An outbox whose messages carry their trace: the step `dispatch`, from the decision until the queue has the message.
 * Without tracing it is the outbox itself.
 */
export function tracedOutbox(outbox: Outbox, traces: Traces, tracing: Tracing): Outbox {
  if (!tracing.isOn) return outbox;
  const spans = new Map<string, TraceSpan>();
  return {
    async takeUnsent(limit) {
      const rows = await outbox.takeUnsent(limit);
      const found = await traces.ofAttempts(rows.map(({ message }) => message.attemptId));
      const ofAttempt = new Map(found.map((trace) => [trace.attemptId, trace]));
      for (const span of spans.values()) span.end({ error: 'the queue did not take the message' });
      spans.clear();
      return rows.map((row) => {
        const trace = ofAttempt.get(row.message.attemptId);
        if (trace === undefined) return row;
        const { jobId, attemptId, traceparent, dispatchedAtMs } = trace;
        const attributes = { 'crucible.job': jobId, 'crucible.attempt': attemptId };
        const span = tracing.start('dispatch', traceparent, attributes, dispatchedAtMs);
        spans.set(row.id, span);
        return { ...row, message: { ...row.message, trace: span.traceparent ?? traceparent } };
      });
    },
    async markSent(ids) {
      await outbox.markSent(ids);
      for (const id of ids) {
        spans.get(id)?.end();
        spans.delete(id);
      }
    },
    sweep: () => outbox.sweep(),
  };
}
