import { Empty, Failure, Loading } from '../../components/notice.tsx';
import { between, formatDuration } from '../../format/duration.ts';
import { useNow } from '../../live/use-now.ts';
import { useResource } from '../../live/use-resource.ts';
import { hashOf } from '../../routing/location.ts';
import { useSession } from '../../session/session-context.ts';

/** When a job is expected to start, from now; a dash where nothing is known. */
function startOf(estimatedStart: string | null, now: number): string {
  if (estimatedStart === null) return '–';
  const wait = Date.parse(estimatedStart) - now;
  return wait <= 0 ? 'soon' : `in about ${formatDuration(wait)}`;
}

/** The queue as the scheduler sees it, next job first, with the reason why each still waits. */
export function QueueTable() {
  const { client } = useSession();
  const queue = useResource('queue', (signal) => client.queue({}, { signal }), ['jobs', 'workers']);
  const now = useNow((queue.value?.data.length ?? 0) > 0);
  return (
    <section aria-labelledby="queue-title">
      <div class="section-head">
        <h2 id="queue-title">Queue</h2>
        {queue.value !== null && (
          <span class="muted figure">
            {queue.value.waiting} wait, {queue.value.slots.busy} of {queue.value.slots.total} slots busy
          </span>
        )}
      </div>
      {queue.error !== null && <Failure what="the queue" error={queue.error} onRetry={queue.reload} />}
      {queue.value === null && queue.error === null && <Loading what="the queue" />}
      {queue.value?.data.length === 0 && <Empty>No job waits.</Empty>}
      {queue.value !== null && queue.value.data.length > 0 && (
        <div class="panel table-panel">
          <table class="rows">
            <thead>
              <tr>
                <th scope="col" class="number">
                  Place
                </th>
                <th scope="col">Name</th>
                <th scope="col">Team</th>
                <th scope="col">Tier</th>
                <th scope="col" class="number">
                  Priority
                </th>
                <th scope="col" class="number">
                  Waits
                </th>
                <th scope="col">Starts</th>
                <th scope="col">Why</th>
              </tr>
            </thead>
            <tbody>
              {queue.value.data.map(({ jobId, name, method, pool, team, tier, priority, queuedAt, waiting }) => (
                <tr key={jobId}>
                  <td data-label="Place" class="number" title={`in pool ${pool}`}>
                    {waiting.position}
                  </td>
                  <td class="cell-name">
                    <a href={hashOf(['jobs', jobId])}>{name}</a> <span class="muted">{method}</span>
                  </td>
                  <td data-label="Team">{team}</td>
                  <td data-label="Tier">{tier}</td>
                  <td data-label="Priority" class="number">
                    {priority}
                  </td>
                  <td data-label="Waits" class="number">
                    {formatDuration(between(queuedAt, now))}
                  </td>
                  <td data-label="Starts">{startOf(waiting.estimatedStart, now)}</td>
                  <td data-label="Why">
                    {waiting.message} <span class="muted">({waiting.code})</span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
