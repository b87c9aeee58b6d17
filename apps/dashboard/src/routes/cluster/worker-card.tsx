import type { WorkerView } from '@crucible/contracts';
import { EngineText } from '../../components/engine-text.tsx';
import { between, formatDuration } from '../../format/duration.ts';
import { useNow } from '../../live/use-now.ts';
import { hashOf } from '../../routing/location.ts';

/** One worker: state, engine with the reasons against faster ones, and its slots with the jobs in them. */
export function WorkerCard({ worker }: { worker: WorkerView }) {
  const isHere = ['ready', 'cordoned', 'draining'].includes(worker.state);
  const now = useNow(isHere);
  const busy = worker.attempts.length;
  return (
    <article class={`panel worker worker-${worker.state}`}>
      <header>
        <h3>{worker.name}</h3>
        <span class={`worker-state worker-state-${worker.state}`}>{worker.state}</span>
      </header>
      <dl class="facts">
        <div>
          <dt>Engine</dt>
          <dd>
            <EngineText engine={worker.engine} />
          </dd>
        </div>
        <div>
          <dt>Host</dt>
          <dd>{worker.host}</dd>
        </div>
        <div>
          <dt>Pool</dt>
          <dd>{worker.pool}</dd>
        </div>
        <div>
          <dt>Seen</dt>
          <dd class="figure">{formatDuration(between(worker.seenAt, now))} ago</dd>
        </div>
        <div>
          <dt>Up</dt>
          <dd class="figure">
            {formatDuration(between(worker.startedAt, worker.state === 'ready' ? now : worker.seenAt))}
          </dd>
        </div>
        <div>
          <dt>Loop lag</dt>
          <dd class="figure">{Math.round(worker.eventLoopLagMs)} ms</dd>
        </div>
        <div>
          <dt>Version</dt>
          <dd>{worker.version}</dd>
        </div>
      </dl>
      <p class="muted figure">
        {busy} of {worker.slots.length} {worker.slots.length === 1 ? 'slot' : 'slots'} busy
      </p>
      <ul class="slots">
        {worker.slots.map((slot) => {
          const attempt = worker.attempts.find((one) => one.slots.includes(slot.index));
          return (
            <li key={slot.index} class={attempt === undefined ? 'slot free' : 'slot busy'}>
              <span class="slot-kind">
                {slot.kind} {slot.index}
              </span>
              <span class="slot-model" title={slot.model}>
                {slot.model}
                {slot.memoryMib !== null && ` · ${Math.round(slot.memoryMib / 1024)} GiB`}
              </span>
              {attempt === undefined && <span class="muted">{isHere ? 'free' : 'out of reach'}</span>}
              {attempt !== undefined && attempt.jobId === null && <span class="muted">busy, another team</span>}
              {attempt !== undefined && attempt.jobId !== null && (
                <a href={hashOf(['jobs', attempt.jobId])}>busy, attempt {attempt.number}</a>
              )}
            </li>
          );
        })}
      </ul>
      {worker.engine.reasons.length > 0 && (
        <details class="reasons" open>
          <summary>Why no faster engine</summary>
          <dl>
            {worker.engine.reasons.map(({ engine, code, message }) => (
              <div key={`${engine} ${code}`}>
                <dt>{engine}</dt>
                <dd>
                  {message} <span class="muted">({code})</span>
                </dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </article>
  );
}
