import { CrucibleError, type JobsQuery } from '@crucible/contracts';
import { escapeLike } from './like-pattern.ts';
import type { TeamFilter } from './team-filter.ts';

/** Conditions on rows of `job`, as SQL and the values of its placeholders. */
export interface JobFilter {
  conditions: string[];
  values: unknown[];
  /** The placeholder of one more value. */
  bind(value: unknown): string;
}

/** Which jobs a list of `query` may hold, wherever its page begins. @throws `invalid-request` */
export function jobFilter(query: JobsQuery, team: TeamFilter): JobFilter {
  const conditions: string[] = [];
  const values: unknown[] = [];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  if (team !== null) conditions.push(`job.team_id = ${bind(team)}`);
  if (query.state !== undefined) conditions.push(`job.state = any(${bind(query.state.split(','))}::text[])`);
  if (query.method !== undefined) conditions.push(`job.method = ${bind(query.method)}`);
  if (query.name !== undefined) conditions.push(`job.name ilike ${bind(`%${escapeLike(query.name)}%`)}`);
  if (query.tag !== undefined) conditions.push(`job.tags @> ${bind(tagDocument(query.tag))}::jsonb`);
  conditions.push(query.parent === undefined ? 'job.parent_id is null' : `job.parent_id = ${bind(query.parent)}::uuid`);
  return { conditions, values, bind };
}

/** @throws `invalid-request` unless `tag` is `key=value` */
function tagDocument(tag: string): string {
  const at = tag.indexOf('=');
  if (at < 1)
    throw new CrucibleError('invalid-request', 'tag: must be key=value.', {
      faults: [{ pointer: '/tag', message: 'must be key=value' }],
    });
  return JSON.stringify({ [tag.slice(0, at)]: tag.slice(at + 1) });
}
