/** The lead, held by this process until it is released or its connection breaks. */
export interface Leadership {
  readonly isHeld: boolean;
  /** Aborted when the connection breaks: stop leading at once. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

/** The choice of the one process that schedules, relays and repairs: a lock in Postgres on a connection of its own. */
export interface Leader {
  /** null while another process leads. */
  tryLead(): Promise<Leadership | null>;
  /** True when some process leads. */
  isLed(): Promise<boolean>;
}
