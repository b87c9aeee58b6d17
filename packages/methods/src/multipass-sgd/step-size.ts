import type { StepSchedule } from '@crucible/contracts';

/**
 * The step size at step `t` of `total`, from 0, with `first` on the grid. The horizon is that of the run's own passes.
 *
 * @param mu PL constant, for `pl-decay` alone; there the grid's value is the cap that the first steps need
 */
export function stepSize(schedule: StepSchedule, first: number, t: number, total: number, mu: number): number {
  switch (schedule) {
    case 'constant':
      return first;
    case 'cosine':
      return (first * (1 + Math.cos((Math.PI * t) / total))) / 2;
    case 'linear':
      return first * (1 - t / total);
    case 'pl-decay':
      return Math.min(first, (2 * t + 1) / (2 * mu * (t + 1) ** 2));
  }
}
