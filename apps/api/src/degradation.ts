/** What an API process sees of the parts that it needs. */
export interface PartsSeen {
  postgres: boolean;
  /** the database has the newest migration */
  isMigrated: boolean;
  redis: boolean;
  /** some API process leads */
  leader: boolean;
}

/** What does not work now, as short words for programs and as sentences for people. */
export interface Degradation {
  degraded: string[];
  reasons: string[];
}

/** What follows from the parts that are away. */
export function degradationOf({ postgres, isMigrated, redis, leader }: PartsSeen): Degradation {
  const degraded: string[] = [];
  const reasons: string[] = [];
  if (!postgres) {
    degraded.push('everything');
    reasons.push(
      'Postgres does not answer: nothing can be read or written. Running jobs go on and keep their results.',
    );
  } else if (!isMigrated) {
    degraded.push('migrations');
    reasons.push('The database lacks migrations: run `npx prisma migrate deploy`.');
  }
  if (!redis || !leader) degraded.push('dispatch');
  if (!redis)
    reasons.push('Redis does not answer: queued jobs wait. Submit, cancel and reading work, running jobs go on.');
  if (!leader) {
    degraded.push('feed');
    if (postgres)
      reasons.push(
        'No API process leads: queued jobs wait and the change feed stands still, for a few seconds as a rule.',
      );
  }
  return { degraded, reasons };
}
