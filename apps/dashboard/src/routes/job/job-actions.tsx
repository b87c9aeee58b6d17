import type { JobAction, JobView } from '@crucible/contracts';
import { useState } from 'preact/hooks';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { messageOf } from '../../components/notice.tsx';
import { hashOf } from '../../routing/location.ts';
import { useSession } from '../../session/session-context.ts';

interface JobActionsProps {
  job: JobView;
  onDone(): void;
}

/** The buttons that the API calls legal for the job now. Only canceling asks first: it alone loses work. */
export function JobActions({ job, onDone }: JobActionsProps) {
  const { client } = useSession();
  const [pending, setPending] = useState<JobAction | null>(null);
  const [isAsking, setIsAsking] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  const perform = async (action: 'cancel' | 'retry') => {
    setPending(action);
    setProblem(null);
    try {
      await client[action](job.id);
    } catch (error) {
      setProblem(messageOf(error));
    } finally {
      setPending(null);
      onDone();
    }
  };
  const can = (action: JobAction) => job.actions.includes(action);

  return (
    <div class="actions">
      {can('cancel') && (
        <button type="button" class="button danger" disabled={pending !== null} onClick={() => setIsAsking(true)}>
          {pending === 'cancel' ? 'Canceling…' : 'Cancel'}
        </button>
      )}
      {can('retry') && (
        <button type="button" class="button" disabled={pending !== null} onClick={() => void perform('retry')}>
          {pending === 'retry' ? 'Sending…' : 'Retry'}
        </button>
      )}
      {can('fork') && (
        <a class="button" href={hashOf(['submit'], { fork: job.id })}>
          Fork
        </a>
      )}
      {problem !== null && (
        <p class="fault" role="alert">
          {problem}
        </p>
      )}
      {isAsking && (
        <ConfirmDialog
          title={`Cancel ${job.name}?`}
          action="Cancel the job"
          onConfirm={() => void perform('cancel')}
          onClose={() => setIsAsking(false)}
        >
          <p>
            It stops where it is and gives its slot back. Metrics, logs and committed checkpoints stay; a retry goes on
            from the last checkpoint.
          </p>
        </ConfirmDialog>
      )}
    </div>
  );
}
