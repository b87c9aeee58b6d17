/** Every legal move of a job. Anything else is refused with `illegal-transition`. */
export const JOB_TRANSITIONS = {
  blocked: ['queued', 'paused', 'canceled', 'failed'], // waits for other jobs
  queued: ['running', 'paused', 'canceled', 'failed'],
  running: ['succeeded', 'failed', 'stopping', 'queued'], // back to queued: the attempt was lost or given back
  stopping: ['canceled', 'paused', 'queued', 'succeeded', 'failed'], // where to depends on who asked: a user or the scheduler
  paused: ['queued', 'blocked', 'canceled'],
  succeeded: [],
  failed: ['queued', 'blocked'], // retry
  canceled: ['queued', 'blocked'], // retry
} as const satisfies Record<string, readonly string[]>;

export type JobState = keyof typeof JOB_TRANSITIONS;

export const JOB_STATES = Object.keys(JOB_TRANSITIONS) as JobState[];

/** States in which a job may still run without a retry. */
export const LIVE_JOB_STATES = [
  'blocked',
  'queued',
  'running',
  'stopping',
  'paused',
] as const satisfies readonly JobState[];

/** States that end a job; only `retry` leaves them. */
export const TERMINAL_JOB_STATES = ['succeeded', 'failed', 'canceled'] as const satisfies readonly JobState[];

export const isTerminal = (state: JobState): boolean => (TERMINAL_JOB_STATES as readonly JobState[]).includes(state);

/** The states from which `to` may be reached: the `where` clause of a state change. */
export const statesBefore = (to: JobState): JobState[] =>
  JOB_STATES.filter((from) => (JOB_TRANSITIONS[from] as readonly JobState[]).includes(to));

/** What a user may ask of a job, with the states that allow it. Server, dashboard and docs read this one table. */
export const JOB_ACTIONS = {
  pause: ['blocked', 'queued', 'running', 'stopping'],
  resume: ['paused'],
  cancel: ['blocked', 'queued', 'running', 'stopping', 'paused'],
  kill: ['running', 'stopping'],
  retry: ['failed', 'canceled'],
  fork: ['blocked', 'queued', 'running', 'stopping', 'paused', 'succeeded', 'failed', 'canceled'],
} as const satisfies Record<string, readonly JobState[]>;

export type JobAction = keyof typeof JOB_ACTIONS;

/**
 * Why a running job is asked to stop, weakest first: a stronger wish replaces a weaker one, never the reverse.
 * `preempt` and `pause` write a checkpoint first; `cancel` ends at the next step; `kill` ends the process at once.
 */
export const STOP_INTENTS = ['preempt', 'pause', 'cancel', 'kill'] as const;
export type StopIntent = (typeof STOP_INTENTS)[number];

/** True when `intent` is at least as strong as `present`. */
export const isAtLeast = (intent: StopIntent, present: StopIntent): boolean =>
  STOP_INTENTS.indexOf(intent) >= STOP_INTENTS.indexOf(present);

/**
 * The actions that are legal for a job in `state`.
 *
 * @param intent why a stopping job stops: what is to end for good cannot be paused any more
 */
export const legalActions = (state: JobState, intent: StopIntent | null = null): JobAction[] =>
  (Object.keys(JOB_ACTIONS) as JobAction[]).filter(
    (action) =>
      (JOB_ACTIONS[action] as readonly JobState[]).includes(state) &&
      (action !== 'pause' || intent === null || isAtLeast('pause', intent)),
  );
