import type { AttemptView } from '@crucible/contracts';
import { END_CODES } from '@crucible/contracts';
import { EngineText } from '../../components/engine-text.tsx';
import { Empty, Failure, Loading } from '../../components/notice.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { between, formatDuration } from '../../format/duration.ts';
import { formatCount } from '../../format/number.ts';
import { useNow } from '../../live/use-now.ts';
import type { Resource } from '../../live/use-resource.ts';

/** Every try at the job: where it ran, from which step, how it ended. */
export function AttemptsTab({ attempts }: { attempts: Resource<AttemptView[]> }) {
  const now = useNow(attempts.value?.some(({ endedAt }) => endedAt === null) ?? false);
  if (attempts.value === null)
    return attempts.error === null ? (
      <Loading what="the attempts" />
    ) : (
      <Failure what="the attempts" error={attempts.error} onRetry={attempts.reload} />
    );
  if (attempts.value.length === 0) return <Empty>No worker has been given the job yet.</Empty>;
  return (
    <div class="panel table-panel">
      <table class="rows">
        <thead>
          <tr>
            <th scope="col" class="number">
              Attempt
            </th>
            <th scope="col">Outcome</th>
            <th scope="col">Worker</th>
            <th scope="col">Engine</th>
            <th scope="col" class="number">
              From step
            </th>
            <th scope="col" class="number">
              Claimed
            </th>
            <th scope="col" class="number">
              Ran
            </th>
          </tr>
        </thead>
        <tbody>
          {attempts.value.map((attempt) => (
            <tr key={attempt.id}>
              <td data-label="Attempt" class="number">
                {attempt.number}
              </td>
              <td data-label="Outcome">
                {attempt.outcome ?? attempt.state}
                {attempt.endCode !== null && attempt.endCode !== 'ok' && (
                  <span class="muted"> · {END_CODES[attempt.endCode].meaning}</span>
                )}
                {attempt.detail !== null && <div class="muted">{attempt.detail}</div>}
              </td>
              <td data-label="Worker">{attempt.worker ?? <span class="none">–</span>}</td>
              <td data-label="Engine">
                <EngineText engine={attempt.engine} />
              </td>
              <td data-label="From step" class="number">
                {attempt.resumedFromStep === null ? 'start' : formatCount(attempt.resumedFromStep)}
              </td>
              <td data-label="Claimed" class="number">
                <TimeText time={attempt.claimedAt} />
              </td>
              <td data-label="Ran" class="number">
                {attempt.claimedAt === null ? '–' : formatDuration(between(attempt.claimedAt, attempt.endedAt ?? now))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
