import type { CheckpointView, KeepReason } from '@crucible/contracts';
import { useState } from 'preact/hooks';
import { Empty, Failure, Loading } from '../../components/notice.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { formatBytes } from '../../format/bytes.ts';
import { formatCount, formatNumber } from '../../format/number.ts';
import { useResource } from '../../live/use-resource.ts';
import { useSession } from '../../session/session-context.ts';
import { CheckpointActions } from './checkpoint-actions.tsx';

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
              <th scope="col">Kept as</th>
              <th scope="col">SHA-256</th>
              <th scope="col">
                <span class="visually-hidden">Actions</span>
              </th>
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
                  <td data-label="Kept as">
                    <KeptAs checkpoint={checkpoint} />
                  </td>
                  <td data-label="SHA-256">
                    <code title={checkpoint.rootSha256}>{checkpoint.rootSha256.slice(0, 12)}</code>
                  </td>
                  <td>
                    {checkpoint.state === 'committed' && (
                      <CheckpointActions checkpoint={checkpoint} onChanged={list.reload} />
                    )}
                  </td>
                </tr>
              ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

const REASONS: Record<KeepReason, string> = {
  last: 'among the newest that the rule of the job keeps',
  best: 'among the best by the metric of the rule',
  pinned: 'no rule removes it',
  'in-use': 'a live job starts or resumed from it',
};

/** Why it stays, with the value that made it one of the best, and what a person noted. */
function KeptAs({ checkpoint: { keptFor, metricValue, note } }: { checkpoint: CheckpointView }) {
  const words = keptFor.map((reason) => (
    <span key={reason} class="tag" title={REASONS[reason]}>
      {reason === 'best' && metricValue !== null ? `best ${formatNumber(metricValue)}` : reason}
    </span>
  ));
  return (
    <span class="two-lines">
      <span class="kept-as">{words}</span>
      {note !== null && <span class="muted">{note}</span>}
    </span>
  );
}
