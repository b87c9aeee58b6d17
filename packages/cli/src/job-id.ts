import type { CrucibleClient } from '@crucible/client';
import { CrucibleError } from '@crucible/contracts';
import { UsageError } from './exit-code.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Jobs among which a beginning of an id is searched: the newest ones. */
const SEARCHED_JOBS = 1000;

/**
 * The whole id that a user means: an id, the beginning of one, or `@last` for the newest job.
 *
 * @throws UsageError when several jobs begin so, CrucibleError `not-found` when none does
 */
export async function resolveJobId(client: CrucibleClient, word: string): Promise<string> {
  const wanted = word.toLowerCase();
  if (UUID.test(wanted)) return wanted;
  if (wanted === '@last') {
    const [newest] = (await client.jobs({ limit: 1 })).data;
    if (newest === undefined) throw new CrucibleError('not-found', 'There are no jobs yet.');
    return newest.id;
  }
  if (!/^[0-9a-f-]{4,}$/.test(wanted))
    throw new UsageError(`"${word}" is no job id; take an id, at least four characters of one, or @last.`);
  const found: string[] = [];
  let searched = 0;
  for await (const { id } of client.iterateJobs({ limit: 200 })) {
    if (id.startsWith(wanted)) found.push(id);
    searched += 1;
    if (searched >= SEARCHED_JOBS) break;
  }
  const [only] = found;
  if (only === undefined)
    throw new CrucibleError('not-found', `No job among the newest ${searched} begins with ${word}.`);
  if (found.length > 1) throw new UsageError(`${found.length} jobs begin with ${word}: ${found.join(', ')}.`);
  return only;
}
