import type { ArtifactView } from '@crucible/contracts';
import { useState } from 'preact/hooks';
import { Empty, Failure, Loading, messageOf } from '../../components/notice.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { formatBytes } from '../../format/bytes.ts';
import { useResource } from '../../live/use-resource.ts';
import { useSession } from '../../session/session-context.ts';
import { saveBlob } from './save-blob.ts';

/** Every file that the job left, each with its download. */
export function ArtifactsTab({ jobId }: { jobId: string }) {
  const { client } = useSession();
  const about = [`job:${jobId}`] as const;
  const list = useResource(`artifacts ${jobId}`, (signal) => client.artifacts(jobId, { signal }), about);
  if (list.value === null)
    return list.error === null ? (
      <Loading what="the artifacts" />
    ) : (
      <Failure what="the artifacts" error={list.error} onRetry={list.reload} />
    );
  if (list.value.length === 0) return <Empty>The job has left no files yet.</Empty>;
  return (
    <div class="panel table-panel">
      <table class="rows">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Type</th>
            <th scope="col" class="number">
              Size
            </th>
            <th scope="col" class="number">
              Attempt
            </th>
            <th scope="col" class="number">
              Stored
            </th>
            <th scope="col">SHA-256</th>
            <th scope="col">
              <span class="visually-hidden">Download</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {list.value.map((artifact) => (
            <tr key={artifact.name}>
              <td class="cell-name">{artifact.name}</td>
              <td data-label="Type">{artifact.mediaType}</td>
              <td data-label="Size" class="number">
                {formatBytes(artifact.bytes)}
              </td>
              <td data-label="Attempt" class="number">
                {artifact.attempt}
              </td>
              <td data-label="Stored" class="number">
                <TimeText time={artifact.createdAt} />
              </td>
              <td data-label="SHA-256">
                <code title={artifact.sha256}>{artifact.sha256.slice(0, 12)}</code>
              </td>
              <td>
                <DownloadButton jobId={jobId} artifact={artifact} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A link could not carry the key, so the bytes are fetched first and then handed to the browser. */
function DownloadButton({ jobId, artifact }: { jobId: string; artifact: ArtifactView }) {
  const { client } = useSession();
  const [note, setNote] = useState('Download');
  const download = async () => {
    setNote('Reading…');
    try {
      saveBlob(await (await client.download(jobId, artifact.name)).blob(), artifact.name);
      setNote('Download');
    } catch (error) {
      setNote(messageOf(error));
    }
  };
  return (
    <button type="button" class="button small" onClick={download} aria-label={`Download ${artifact.name}`}>
      {note}
    </button>
  );
}
