import { useState } from 'preact/hooks';
import { Empty, Failure, Loading } from '../../components/notice.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { formatBytes } from '../../format/bytes.ts';
import { formatCount } from '../../format/number.ts';
import { useResource } from '../../live/use-resource.ts';
import { useSession } from '../../session/session-context.ts';

/** The checkpoints of the job, newest step first; those that the keep rule has removed only on request. */
export function CheckpointsTab({ jobId }: { jobId: string }) {
  const { client } = useSession();
  const [withDeleted, setWithDeleted] = useState(false);
  const about = [`job:${jobId}`] as const;
  const list = useResource(`checkpoints ${jobId}`, (signal) => client.checkpoints(jobId, { signal }), about);
  if (list.value === null)
    return list.error === null ? (
      <Loading what="the checkpoints" />
    ) : (
      <Failure what="the checkpoints" error={list.error} onRetry={list.reload} />
    );
  if (list.value.length === 0) return <Empty>The job has written no checkpoint yet.</Empty>;
  const numDeleted = list.value.filter(({ state }) => state === 'deleted').length;
  return (
    <>
      {numDeleted > 0 && (
        <label class="above-table">
          <input
            type="checkbox"
            checked={withDeleted}
            onChange={(event) => setWithDeleted(event.currentTarget.checked)}
          />{' '}
          show removed ones ({numDeleted})
        </label>
      )}
      <div class="panel table-panel">
        <table class="rows">
          <thead>
            <tr>
              <th scope="col" class="number">
                Step
              </th>
              <th scope="col">State</th>
              <th scope="col" class="number">
                Attempt
              </th>
              <th scope="col" class="number">
                Tensors
              </th>
              <th scope="col" class="number">
                Size
              </th>
              <th scope="col" class="number">
                Committed
              </th>
              <th scope="col">SHA-256</th>
            </tr>
          </thead>
          <tbody>
            {list.value
              .filter(({ state }) => withDeleted || state !== 'deleted')
              .toSorted((a, b) => b.step - a.step || b.attempt - a.attempt)
              .map((checkpoint) => (
                <tr key={checkpoint.id}>
                  <td data-label="Step" class="number">
                    {formatCount(checkpoint.step)}
                  </td>
                  <td data-label="State">{checkpoint.state}</td>
                  <td data-label="Attempt" class="number">
                    {checkpoint.attempt}
                  </td>
                  <td data-label="Tensors" class="number">
                    {checkpoint.tensors}
                  </td>
                  <td data-label="Size" class="number">
                    {formatBytes(checkpoint.bytes)}
                  </td>
                  <td data-label="Committed" class="number">
                    <TimeText time={checkpoint.committedAt} />
                  </td>
                  <td data-label="SHA-256">
                    <code title={checkpoint.rootSha256}>{checkpoint.rootSha256.slice(0, 12)}</code>
                  </td>
                </tr>
              ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
