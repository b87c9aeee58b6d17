import { Empty, Failure, Loading } from '../../components/notice.tsx';
import { between, formatDuration } from '../../format/duration.ts';
import { useNow } from '../../live/use-now.ts';
import { useResource } from '../../live/use-resource.ts';
import { hashOf } from '../../routing/location.ts';
import { useSession } from '../../session/session-context.ts';

/** The queue as the scheduler sees it, next job first, with the reason why each still waits. */
export function QueueTable() {
  const { client } = useSession();
  const queue = useResource('queue', (signal) => client.queue({ signal }), ['jobs', 'workers']);
  const now = useNow((queue.value?.data.length ?? 0) > 0);
  return (
    <section aria-labelledby="queue-title">
      <div class="section-head">
        <h2 id="queue-title">Queue</h2>
        {queue.value !== null && (
          <span class="muted figure">
            {queue.value.slots.busy} of {queue.value.slots.total} slots busy
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
                <th scope="col">Method</th>
                <th scope="col" class="number">
                  Priority
                </th>
                <th scope="col" class="number">
                  Waits
                </th>
                <th scope="col">Why</th>
              </tr>
            </thead>
            <tbody>
              {queue.value.data.map(({ jobId, name, method, priority, queuedAt, waiting }) => (
                <tr key={jobId}>
                  <td data-label="Place" class="number">
                    {waiting.position}
                  </td>
                  <td class="cell-name">
                    <a href={hashOf(['jobs', jobId])}>{name}</a>
                  </td>
                  <td data-label="Method">{method}</td>
                  <td data-label="Priority" class="number">
                    {priority}
                  </td>
                  <td data-label="Waits" class="number">
                    {formatDuration(between(queuedAt, now))}
                  </td>
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
