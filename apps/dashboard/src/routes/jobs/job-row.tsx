import type { JobView } from '@crucible/contracts';
import { ProgressBar } from '../../components/progress-bar.tsx';
import { StateMark } from '../../components/state-mark.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { between, formatDuration } from '../../format/duration.ts';
import { hashOf } from '../../routing/location.ts';
import { KeyMetricCell, type SortedBy } from './key-metric-cell.tsx';

/** Why it waits, how far it is, or that there is nothing left to do: the last report of a success is a little old. */
function JobProgress({ job: { state, waiting, progress } }: { job: JobView }) {
  if (state === 'succeeded') return <span class="muted">done</span>;
  if (waiting === null) return <ProgressBar progress={progress} />;
  return (
    <span class="muted">
      {waiting.position > 0 && `place ${waiting.position} · `}
      {waiting.code}
    </span>
  );
}

/** One job of the table. On a narrow screen the row becomes a card, its cells named by `data-label`. */
export function JobRow({ job, now, sorted }: { job: JobView; now: number; sorted: SortedBy | null }) {
  const waited = between(job.queuedAt, job.startedAt ?? job.endedAt ?? now);
  const ran = job.startedAt === null ? null : between(job.startedAt, job.endedAt ?? now);
  return (
    <tr>
      <td class="cell-state">
        <StateMark state={job.state} />
      </td>
      <td class="cell-name">
        <a href={hashOf(['jobs', job.id])}>{job.name}</a>
        {Object.entries(job.tags).map(([key, value]) => (
          <a key={key} class="tag" href={hashOf(['jobs'], { tag: `${key}=${value}` })}>
            {key}={value}
          </a>
        ))}
      </td>
      <td data-label="Method">
        <span class="two-lines">
          {job.method}
          {job.preset !== null && <span class="muted">{job.preset}</span>}
        </span>
      </td>
      <td data-label="Progress" class="cell-progress">
        <JobProgress job={job} />
      </td>
      <td data-label="Key metric">
        <KeyMetricCell job={job} sorted={sorted} />
      </td>
      <td data-label="Waited" class="number">
        {formatDuration(waited)}
      </td>
      <td data-label="Ran" class="number">
        {ran === null ? <span class="none">–</span> : formatDuration(ran)}
      </td>
      <td data-label="Submitted" class="number">
        <TimeText time={job.submittedAt} />
      </td>
      <td data-label="Priority" class="number">
        {job.priority}
      </td>
    </tr>
  );
}
