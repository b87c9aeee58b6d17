import type { AttemptView, JobView, MetricDescriptor } from '@crucible/contracts';
import { isTerminal } from '@crucible/contracts';
import { Empty, Failure, Loading } from '../../../components/notice.tsx';
import { useMethod } from '../../jobs/use-method.ts';
import { ChartPanel } from './chart-panel.tsx';
import { groupSeries } from './group-series.ts';
import { useCurves } from './use-curves.ts';

interface ChartsTabProps {
  job: JobView;
  attempts: readonly AttemptView[];
}

/** Every metric of the job as curves over steps, in the groups in which they are compared. */
export function ChartsTab({ job, attempts }: ChartsTabProps) {
  const method = useMethod(job.method);
  const curves = useCurves(job.id);
  if (curves.value === null || method.value === null) {
    const failed = curves.error !== null ? curves : method.error !== null ? method : null;
    return failed?.error == null ? (
      <Loading what="the metrics" />
    ) : (
      <Failure what="the metrics" error={failed.error} onRetry={failed.reload} />
    );
  }
  if (curves.value.size === 0)
    return (
      <Empty>
        {isTerminal(job.state)
          ? 'The job ended before it reported a metric.'
          : 'No metric yet; charts appear with the first.'}
      </Empty>
    );

  const marks = attempts.flatMap(({ number, resumedFromStep }) =>
    resumedFromStep === null ? [] : [{ step: resumedFromStep, label: `attempt ${number}` }],
  );
  const groups = groupSeries(describedMetrics(method.value.metrics, [...curves.value.keys()]));
  return (
    <>
      {curves.error !== null && <Failure what="new points" error={curves.error} onRetry={curves.reload} />}
      <div class="charts">
        {groups.map((group) => (
          <ChartPanel
            key={`${group.title} ${group.unit}`}
            group={group}
            curves={curves.value ?? new Map()}
            marks={marks}
          />
        ))}
      </div>
    </>
  );
}

/** Descriptors of the metrics that have points; one that the method no longer lists is drawn without a unit. */
function describedMetrics(metrics: readonly MetricDescriptor[], keys: readonly string[]): MetricDescriptor[] {
  const known = new Set(metrics.map(({ name }) => name));
  const strangers = keys
    .filter((key) => !known.has(key))
    .map((name): MetricDescriptor => ({ name, unit: '', better: 'neither', description: '' }));
  return [...metrics.filter(({ name }) => keys.includes(name)), ...strangers];
}
