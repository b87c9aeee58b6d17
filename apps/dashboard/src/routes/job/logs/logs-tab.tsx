import { type JobView, LOG_LEVELS, type LogLevel } from '@crucible/contracts';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Empty, Failure, Loading } from '../../../components/notice.tsx';
import { formatTime } from '../../../format/time.ts';
import { useLog } from './use-log.ts';

/** The log of the job, oldest first; `follow` keeps the end in sight as lines arrive. */
export function LogsTab({ job }: { job: JobView }) {
  const [level, setLevel] = useState<LogLevel>('info');
  const [isFollowing, setIsFollowing] = useState(job.endedAt === null);
  const log = useLog(job.id, level, job.endedAt === null);
  const box = useRef<HTMLDivElement>(null);

  useEffect(() => {
    if (isFollowing && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [log.value, isFollowing]);

  return (
    <section class="panel log-panel">
      <div class="log-controls">
        <label>
          Level{' '}
          <select value={level} onChange={(event) => setLevel(event.currentTarget.value as LogLevel)}>
            {LOG_LEVELS.map((one) => (
              <option key={one} value={one}>
                {one} and above
              </option>
            ))}
          </select>
        </label>
        <label>
          <input
            type="checkbox"
            checked={isFollowing}
            onChange={(event) => setIsFollowing(event.currentTarget.checked)}
          />{' '}
          follow
        </label>
        {log.value !== null && <span class="muted figure">{log.value.lines.length} lines</span>}
      </div>
      {log.error !== null && <Failure what="the log" error={log.error} onRetry={log.reload} />}
      {log.value === null && log.error === null && <Loading what="the log" />}
      {log.value?.lines.length === 0 && <Empty>No line of this level yet.</Empty>}
      {log.value !== null && log.value.lines.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
        <div class="log" ref={box} role="log" tabIndex={0}>
          {log.value.numDropped > 0 && <p class="muted">{log.value.numDropped} older lines are not shown.</p>}
          {log.value.lines.map(({ attempt, line, time, level: own, message, fields }) => (
            <p key={`${attempt}:${line}`} class={`log-line log-${own}`}>
              <time dateTime={time}>{formatTime(time)}</time>
              <span class="log-attempt" title={`attempt ${attempt}`}>
                #{attempt}
              </span>
              <span class="log-level">{own}</span>
              <span class="log-message">
                {message}
                {fields !== null && Object.keys(fields).length > 0 && <code> {JSON.stringify(fields)}</code>}
              </span>
            </p>
          ))}
        </div>
      )}
    </section>
  );
}
