/** A value as a pure function of the step, from 0: a learning rate, a momentum, a loss weight. */
export type Schedule = (step: number) => number;

/** The same value at every step. */
export const constantSchedule =
  (value: number): Schedule =>
  () =>
    value;

/** Falls by `factor` at each milestone: from step `milestones[i]` on it has fallen `i + 1` times. */
export const stepSchedule =
  (value: number, milestones: readonly number[], factor: number): Schedule =>
  (step) =>
    value * factor ** milestones.filter((milestone) => step >= milestone).length;

/**
 * Half a cosine from `peak` at step 0 to `floor` at step `totalSteps`, where it stays (SGDR without restarts,
 * arXiv:1608.03983, equation 5).
 */
export const cosineSchedule =
  (peak: number, totalSteps: number, floor = 0): Schedule =>
  (step) => {
    const progress = Math.min(1, step / Math.max(1, totalSteps));
    return floor + ((peak - floor) * (1 + Math.cos(Math.PI * progress))) / 2;
  };

/**
 * Rises linearly over the first `warmupSteps` steps to where `schedule` begins, then follows it, counted from there.
 * Step 0 has the first of the equal rises, so no step is wasted on zero.
 */
export const withWarmup = (schedule: Schedule, warmupSteps: number): Schedule => {
  const peak = schedule(0);
  return (step) => (step < warmupSteps ? (peak * (step + 1)) / warmupSteps : schedule(step - warmupSteps));
};

/** A straight line from `peak` at step 0 to zero at step `totalSteps`, where it stays. */
export const linearSchedule =
  (peak: number, totalSteps: number): Schedule =>
  (step) =>
    peak * Math.max(0, 1 - step / Math.max(1, totalSteps));
