import { CrucibleError } from './errors.ts';

/**
 * In which order jobs are listed. By the time of submission, or by the greatest (least) finite value that a job reported
 * of a metric: the greatest (least) first, jobs without one last, the newest of them first.
 */
export type JobOrder =
  | { by: 'submittedAt'; isNewestFirst: boolean }
  | { by: 'metric'; key: string; extreme: 'max' | 'min' };

/** The order of a list for which none was asked. */
export const NEWEST_FIRST = '-submittedAt';

/** What `sort` of a list of jobs may be; the keys are those that metrics may have. */
export const JOB_SORT_FORM = '^(-?submittedAt|metric:[A-Za-z0-9_./-]{1,128}:(max|min))$';

/** Reads a `sort`. @throws `invalid-request` when it does not have the form {@link JOB_SORT_FORM} */
export function parseJobSort(sort: string): JobOrder {
  if (!new RegExp(JOB_SORT_FORM).test(sort)) {
    const message = 'must be -submittedAt, submittedAt, metric:KEY:max or metric:KEY:min';
    throw new CrucibleError('invalid-request', `sort: ${message}.`, { faults: [{ pointer: '/sort', message }] });
  }
  const [by, key, extreme] = sort.split(':');
  return by === 'metric' && key !== undefined
    ? { by, key, extreme: extreme === 'min' ? 'min' : 'max' }
    : { by: 'submittedAt', isNewestFirst: sort === NEWEST_FIRST };
}
