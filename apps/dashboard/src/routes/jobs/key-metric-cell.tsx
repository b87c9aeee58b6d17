import type { JobView } from '@crucible/contracts';
import { fromWire } from '@crucible/contracts';
import { formatValue } from '../../format/number.ts';
import { useResource } from '../../live/use-resource.ts';
import { useSession } from '../../session/session-context.ts';
import { keyMetric, keyResult } from './key-metric.ts';
import { useMethod } from './use-method.ts';

/** A metric by which the table is in order, and the value of the job; null: it has none. */
export interface SortedBy {
  metric: string;
  value: number | null;
}

/**
 * The metric by which the table is in order; else the one that says most about a job now, and for a job that ended
 * otherwise than well why it did.
 */
export function KeyMetricCell({ job, sorted }: { job: JobView; sorted: SortedBy | null }) {
  if (sorted !== null) return <SortedValue job={job} {...sorted} />;
  if (job.state === 'succeeded') return <FinalValue job={job} />;
  if (job.state === 'running' || job.state === 'stopping') return <RunningValue job={job} />;
  if (job.endCode !== null) return <span class="muted">{job.endCode}</span>;
  return <span class="none">–</span>;
}

function SortedValue({ job, metric: name, value }: { job: JobView } & SortedBy) {
  const method = useMethod(job.method);
  if (value === null) return <span class="none">–</span>;
  const unit = method.value?.metrics.find((one) => one.name === name)?.unit ?? '';
  return <Value name={name} value={value} unit={unit} />;
}

function FinalValue({ job }: { job: JobView }) {
  const method = useMethod(job.method);
  const result = keyResult(method.value?.metrics ?? [], job.summary);
  return result === null ? <span class="none">–</span> : <Value {...result} />;
}

function RunningValue({ job }: { job: JobView }) {
  const { client } = useSession();
  const method = useMethod(job.method);
  const series = useResource(`series ${job.id}`, (signal) => client.series(job.id, { signal }), [`progress:${job.id}`]);
  const known = new Map((series.value ?? []).map((one) => [one.key, one]));
  const metric = keyMetric(method.value?.metrics ?? [], (name) => known.has(name));
  const last = metric === null ? undefined : known.get(metric.name);
  if (metric === null || last === undefined) return <span class="none">–</span>;
  return <Value name={metric.name} unit={metric.unit} value={fromWire(last.lastValue)} />;
}

function Value({ name, value, unit }: { name: string; value: number; unit: string }) {
  return (
    <span class="two-lines">
      <span class="figure">{formatValue(value, unit)}</span>
      <span class="muted">{name}</span>
    </span>
  );
}
