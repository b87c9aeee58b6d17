import type { CheckpointView } from '@crucible/contracts';
import { useState } from 'preact/hooks';
import { messageOf } from '../../components/notice.tsx';
import { useSession } from '../../session/session-context.ts';
import { saveBlob } from './save-blob.ts';

interface CheckpointActionsProps {
  checkpoint: CheckpointView;
  onChanged(): void;
}

/** Pin or unpin, and download: a link could not carry the key, so the bytes are fetched first. */
export function CheckpointActions({ checkpoint: { id, step, pinned }, onChanged }: CheckpointActionsProps) {
  const { client } = useSession();
  const [pending, setPending] = useState<'pin' | 'download' | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const perform = async (action: 'pin' | 'download', work: () => Promise<unknown>) => {
    setPending(action);
    setProblem(null);
    try {
      await work();
    } catch (error) {
      setProblem(messageOf(error));
    } finally {
      setPending(null);
    }
  };
  const pin = () =>
    perform('pin', async () => {
      await client.checkpoint.change(id, { pinned: !pinned });
      onChanged();
    });
  const download = () =>
    perform('download', async () => saveBlob(await (await client.checkpoint.download(id)).blob(), `${id}.safetensors`));
  return (
    <div class="actions">
      <button
        type="button"
        class="button small"
        aria-pressed={pinned}
        disabled={pending !== null}
        onClick={() => void pin()}
        aria-label={`${pinned ? 'Unpin' : 'Pin'} the checkpoint at step ${step}`}
      >
        {pinned ? 'Unpin' : 'Pin'}
      </button>
      <button
        type="button"
        class="button small"
        disabled={pending !== null}
        onClick={() => void download()}
        aria-label={`Download the checkpoint at step ${step}`}
      >
        {pending === 'download' ? 'Reading…' : 'Download'}
      </button>
      {problem !== null && (
        <p class="fault" role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}
