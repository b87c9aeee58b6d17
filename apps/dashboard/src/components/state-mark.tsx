import type { JobState } from '@crucible/contracts';

/** One outline per state: told apart by shape and by word, not by colour alone. Drawn in a box of 12 x 12. */
const SHAPES = {
  blocked: (
    <path
      d="M3 5.500V4a3 3 0 0 1 6 0v1.500M2.200 5.500h7.600v5H2.200z"
      fill="none"
      stroke="currentColor"
      stroke-width="1.500"
    />
  ),
  paused: (
    <>
      <circle cx="6" cy="6" r="4.600" fill="none" stroke="currentColor" stroke-width="1.300" />
      <path d="M4.700 4v4M7.300 4v4" stroke="currentColor" stroke-width="1.500" />
    </>
  ),
  queued: <circle cx="6" cy="6" r="4" fill="none" stroke="currentColor" stroke-width="1.6" stroke-dasharray="2.2 2" />,
  running: <path d="M3 1.800v8.400L10.500 6z" fill="currentColor" />,
  stopping: <path d="M2.500 2h2.600v8H2.500zM6.900 2h2.600v8H6.900z" fill="currentColor" />,
  succeeded: <path d="M1.800 6.400 4.800 9.400 10.400 2.800" fill="none" stroke="currentColor" stroke-width="2" />,
  failed: <path d="M2.500 2.500l7 7M9.500 2.500l-7 7" fill="none" stroke="currentColor" stroke-width="2" />,
  canceled: (
    <>
      <circle cx="6" cy="6" r="4.400" fill="none" stroke="currentColor" stroke-width="1.500" />
      <path d="M3 9l6-6" stroke="currentColor" stroke-width="1.500" />
    </>
  ),
} as const satisfies Record<JobState, unknown>;

/** The state of a job: mark, colour and word. */
export function StateMark({ state }: { state: JobState }) {
  return (
    <span class={`state state-${state}`}>
      <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
        {SHAPES[state]}
      </svg>
      {state}
    </span>
  );
}
