/** Every legal move of a job. Anything else is refused with `illegal-transition`. */
export const JOB_TRANSITIONS = {
  queued: ['running', 'canceled', 'failed'],
  running: ['succeeded', 'failed', 'stopping', 'queued'], // back to queued: the attempt was lost or given back
  stopping: ['canceled', 'succeeded', 'failed'],
  succeeded: [],
  failed: ['queued'], // retry
  canceled: ['queued'], // retry
} as const satisfies Record<string, readonly string[]>;

export type JobState = keyof typeof JOB_TRANSITIONS;

export const JOB_STATES = Object.keys(JOB_TRANSITIONS) as JobState[];

/** States in which a job holds or waits for a slot. */
export const LIVE_JOB_STATES = ['queued', 'running', 'stopping'] as const satisfies readonly JobState[];

/** States that end a job; only `retry` leaves them. */
export const TERMINAL_JOB_STATES = ['succeeded', 'failed', 'canceled'] as const satisfies readonly JobState[];

export const isTerminal = (state: JobState): boolean => (TERMINAL_JOB_STATES as readonly JobState[]).includes(state);

/** The states from which `to` may be reached: the `where` clause of a state change. */
export const statesBefore = (to: JobState): JobState[] =>
  JOB_STATES.filter((from) => (JOB_TRANSITIONS[from] as readonly JobState[]).includes(to));

/** What a user may ask of a job, with the states that allow it. Server, dashboard and docs read this one table. */
export const JOB_ACTIONS = {
  cancel: ['queued', 'running', 'stopping'],
  retry: ['failed', 'canceled'],
  fork: ['queued', 'running', 'stopping', 'succeeded', 'failed', 'canceled'],
} as const satisfies Record<string, readonly JobState[]>;

export type JobAction = keyof typeof JOB_ACTIONS;

/** The actions that are legal for a job in `state`. */
export const legalActions = (state: JobState): JobAction[] =>
  (Object.keys(JOB_ACTIONS) as JobAction[]).filter((action) =>
    (JOB_ACTIONS[action] as readonly JobState[]).includes(state),
  );
