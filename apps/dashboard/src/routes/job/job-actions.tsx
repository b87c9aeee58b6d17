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

/** What the API is asked with a press of a button; a fork has a page of its own. */
type Command = Exclude<JobAction, 'fork'>;

interface Button {
  label: string;
  /** while the answer is on its way */
  busy: string;
  /** set for what loses work: asked before it is sent */
  question?: { title: string; action: string; text: string };
}

const BUTTONS: Readonly<Record<Command, Button>> = {
  pause: { label: 'Pause', busy: 'Pausing…' },
  resume: { label: 'Resume', busy: 'Sending…' },
  cancel: {
    label: 'Cancel',
    busy: 'Canceling…',
    question: {
      title: 'Cancel',
      action: 'Cancel the job',
      text: 'It stops where it is and gives its slot back. Metrics, logs and committed checkpoints stay; a retry goes on from the last checkpoint.',
    },
  },
  kill: {
    label: 'Kill',
    busy: 'Killing…',
    question: {
      title: 'Kill',
      action: 'Kill the job',
      text: 'Its process is ended at once, without time for its current step. What it has stored stays; cancel is kinder.',
    },
  },
  retry: { label: 'Retry', busy: 'Sending…' },
};

/** The buttons that the API calls legal for the job now. What loses work asks first. */
export function JobActions({ job, onDone }: JobActionsProps) {
  const { client } = useSession();
  const [pending, setPending] = useState<Command | null>(null);
  const [asked, setAsked] = useState<Command | null>(null);
  const [problem, setProblem] = useState<string | null>(null);

  const perform = async (action: Command) => {
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
  const question = asked === null ? undefined : BUTTONS[asked].question;

  return (
    <div class="actions">
      {(Object.keys(BUTTONS) as Command[])
        .filter((action) => job.actions.includes(action))
        .map((action) => {
          const { label, busy, question: mustAsk } = BUTTONS[action];
          return (
            <button
              key={action}
              type="button"
              class={mustAsk === undefined ? 'button' : 'button danger'}
              disabled={pending !== null}
              onClick={() => (mustAsk === undefined ? void perform(action) : setAsked(action))}
            >
              {pending === action ? busy : label}
            </button>
          );
        })}
      {job.actions.includes('fork') && (
        <a class="button" href={hashOf(['submit'], { fork: job.id })}>
          Fork
        </a>
      )}
      {problem !== null && (
        <p class="fault" role="alert">
          {problem}
        </p>
      )}
      {asked !== null && question !== undefined && (
        <ConfirmDialog
          title={`${question.title} ${job.name}?`}
          action={question.action}
          onConfirm={() => void perform(asked)}
          onClose={() => setAsked(null)}
        >
          <p>{question.text}</p>
        </ConfirmDialog>
      )}
    </div>
  );
}
