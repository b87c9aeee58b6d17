import type { AttemptView, JobView } from '@crucible/contracts';
import type { ComponentChildren } from 'preact';
import { ProgressBar } from '../../components/progress-bar.tsx';
import { StateMark } from '../../components/state-mark.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { between, formatDuration } from '../../format/duration.ts';
import { useNow } from '../../live/use-now.ts';
import { hashOf } from '../../routing/location.ts';
import { JobActions } from './job-actions.tsx';
import { jobSentence } from './job-sentence.ts';

interface JobHeaderProps {
  job: JobView;
  lastAttempt: AttemptView | null;
  onChanged(): void;
}

/** State, what the job waits for or how it ended, progress, times, and what may be done with it. */
export function JobHeader({ job, lastAttempt, onChanged }: JobHeaderProps) {
  const now = useNow(job.endedAt === null);
  const waited = between(job.queuedAt, job.startedAt ?? job.endedAt ?? now);
  const ran = job.startedAt === null ? null : between(job.startedAt, job.endedAt ?? now);
  const limits = limitsText(job.limits);
  return (
    <section class="panel job-header">
      <div class="job-title">
        <StateMark state={job.state} />
        <h1>{job.name}</h1>
        <JobActions job={job} onDone={onChanged} />
      </div>
      <p class="sentence">{jobSentence(job, lastAttempt)}</p>
      {job.endedAt === null && <ProgressBar progress={job.progress} />}
      <dl class="facts">
        <Fact name="Method">
          {job.method}
          {job.preset !== null && <span class="muted"> · {job.preset}</span>}
        </Fact>
        <Fact name="Waited">{formatDuration(waited)}</Fact>
        <Fact name="Ran">{ran === null ? '–' : formatDuration(ran)}</Fact>
        <Fact name="Submitted">
          <TimeText time={job.submittedAt} /> <span class="muted">by {job.submittedBy}</span>
        </Fact>
        <Fact name="Seed">{job.seed}</Fact>
        <Fact name="Priority">
          {job.priority}
          {job.tier !== 'normal' && <span class="muted"> · {job.tier}</span>}
        </Fact>
        {limits !== '' && <Fact name="Limits">{limits}</Fact>}
        {job.needs.length > 0 && (
          <Fact name="Needs">
            <Needs job={job} />
          </Fact>
        )}
        {job.parent !== null && (
          <Fact name="Part of">
            <a href={hashOf(['jobs', job.parent])}>{job.parent.slice(0, 13)}…</a>
          </Fact>
        )}
        <Fact name="Attempts">{job.attempts}</Fact>
        {job.forkedFrom !== null && (
          <Fact name="Forked from">
            <a href={hashOf(['jobs', job.forkedFrom])}>{job.forkedFrom.slice(0, 13)}…</a>
          </Fact>
        )}
        <Fact name="Id">
          <code>{job.id}</code>
        </Fact>
      </dl>
      {Object.keys(job.tags).length > 0 && (
        <p class="tags">
          {Object.entries(job.tags).map(([key, value]) => (
            <a key={key} class="tag" href={hashOf(['jobs'], { tag: `${key}=${value}` })}>
              {key}={value}
            </a>
          ))}
        </p>
      )}
    </section>
  );
}

/** Needs that are named one by one; more are folded up. */
const FEW = 3;

/** The jobs that one needs. A large job may be cut into hundreds of parts, which have a list of their own. */
function Needs({ job: { id: own, needs } }: { job: JobView }) {
  const list = needs.map(({ job: id, on }) => (
    <div key={id}>
      <a href={hashOf(['jobs', id])}>{id.slice(0, 13)}…</a>
      {on === 'end' && <span class="muted"> · any end</span>}
    </div>
  ));
  if (needs.length <= FEW) return <>{list}</>;
  return (
    <details>
      <summary>{needs.length} jobs</summary>
      <a href={hashOf(['jobs'], { parent: own })}>those that are its parts</a>
      {list}
    </details>
  );
}

const LIMITS = { maxRunSeconds: 'run', maxQueueSeconds: 'wait', stallSeconds: 'stall' } as const;

/** The limits that are set, in words; empty when there are none. */
const limitsText = (limits: JobView['limits']): string =>
  (Object.keys(LIMITS) as (keyof typeof LIMITS)[])
    .flatMap((name) => {
      const seconds = limits[name];
      return seconds === null ? [] : [`${LIMITS[name]} ${formatDuration(seconds * 1000)}`];
    })
    .join(', ');

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class="figure">{children}</dd>
    </div>
  );
}
