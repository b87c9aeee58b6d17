/** Every number of the scheduling policy. Times are seconds. Tests and the API's configuration may change them. */
export interface SchedulingPolicy {
  /** after this time a used slot-second weighs half in a team's share */
  halfLifeSeconds: number;
  /** slot-seconds that a held slot counts for beside its use, so that one pass spreads slots over the teams */
  heldSlotSeconds: number;
  /** priority that a job gains per hour since its submit */
  agingPerHour: number;
  /** most priority that waiting can add */
  maxAging: number;
  /** wait after which the first job in line gets slots of a worker kept for it */
  reserveAfterSeconds: number;
  /** wait after which a job may preempt */
  preemptAfterSeconds: number;
  /** a younger attempt is no victim */
  minRunSeconds: number;
  /** an attempt that is expected to end so soon is no victim */
  nearEndSeconds: number;
  /** time that a victim gets for its last checkpoint */
  graceSeconds: number;
  /** failures of a worker within `coolOffSeconds` after which it rests */
  coolOffFailures: number;
  /** rest of such a worker, and time for which a job stays away from the worker of its last failure */
  coolOffSeconds: number;
  /** first jobs of a pool whose waiting reason names the jobs in their way */
  numWithBlocking: number;
}

export const POLICY: Readonly<SchedulingPolicy> = Object.freeze({
  halfLifeSeconds: 24 * 3600,
  heldSlotSeconds: 3600,
  agingPerHour: 1,
  maxAging: 20,
  reserveAfterSeconds: 600,
  preemptAfterSeconds: 60,
  minRunSeconds: 600,
  nearEndSeconds: 180,
  graceSeconds: 120,
  coolOffFailures: 2,
  coolOffSeconds: 600,
  numWithBlocking: 20,
});

/**
 * The policy with some of its numbers changed.
 *
 * @param over names of {@link POLICY} with their values, as JSON gives them
 * @throws RangeError that names what is unknown or no number in range
 */
export function policyWith(over: unknown): SchedulingPolicy {
  if (typeof over !== 'object' || over === null || Array.isArray(over)) throw new RangeError('must be a JSON object');
  for (const [name, value] of Object.entries(over)) {
    if (!Object.hasOwn(POLICY, name))
      throw new RangeError(`${name} is unknown; known are ${Object.keys(POLICY).join(', ')}`);
    const isInRange = typeof value === 'number' && Number.isFinite(value) && value >= 0;
    if (!isInRange || (name === 'halfLifeSeconds' && value === 0))
      throw new RangeError(`${name} must be a positive number`);
  }
  return Object.freeze({ ...POLICY, ...over });
}
