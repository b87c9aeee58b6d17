/** Postgres notification channels. A lost notification only costs time: readers also look by themselves. */
export const CHANNELS = {
  /** something changed that the scheduler, the relay or the feed should look at; no payload */
  wake: 'crucible_wake',
  /** events got their place in the feed; the payload is the newest `seq` */
  events: 'crucible_events',
  /** a running job moved on, or points of it were stored; the payload is a `ProgressHint` as JSON */
  hints: 'crucible_hints',
  /** rows of jobs changed; no payload */
  jobs: 'crucible_jobs',
  /** what a key may do may have changed: keys, memberships or users; no payload */
  access: 'crucible_access',
  /** a user canceled a running job; the payload is the attempt's id */
  cancels: 'crucible_cancels',
} as const;

export type Channel = (typeof CHANNELS)[keyof typeof CHANNELS];
