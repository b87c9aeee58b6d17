import { NEWEST_FIRST, parseJobSort } from '@crucible/contracts';
import { useState } from 'preact/hooks';
import { useResource } from '../../live/use-resource.ts';
import { useSession } from '../../session/session-context.ts';
import { filterHash, type JobFilter } from './job-filters.tsx';
import { type ListedJob, listedJobs, mergeJobs } from './merge-jobs.ts';

const PAGE_SIZE = 50;
/** Most jobs that one look may read again; older ones stay as they were loaded. */
const MAX_REFRESH = 200;

export interface JobTable {
  /** null before the first answer */
  jobs: ListedJob[] | null;
  error: Error | null;
  hasMore: boolean;
  isLoadingMore: boolean;
  loadMore(): void;
  reload(): void;
}

/** The jobs of a filter in its order, kept fresh at the top and extended at the bottom by keyset cursor. */
export function useJobTable(filter: JobFilter): JobTable {
  const { client } = useSession();
  const identity = filterHash(filter);
  const [older, setOlder] = useState<{ identity: string; jobs: ListedJob[]; nextCursor: string | null } | null>(null);
  const [loading, setLoading] = useState<{ isLoading: boolean; error: Error | null }>({
    isLoading: false,
    error: null,
  });
  const order = parseJobSort(filter.sort || NEWEST_FIRST);
  const extension = older?.identity === identity ? older : null;

  const query = {
    state: filter.states.join(',') || undefined,
    method: filter.method || undefined,
    name: filter.name || undefined,
    tag: filter.tag || undefined,
    parent: filter.parent || undefined,
    sort: filter.sort || undefined,
  };
  const known = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));
  const limit = Math.min(MAX_REFRESH, PAGE_SIZE + (extension?.jobs.length ?? 0));
  const top = useResource(identity, (signal) => client.jobs({ ...known, limit }, { signal }), ['jobs', 'progress']);

  const jobs = top.value === null ? null : mergeJobs(extension?.jobs ?? [], top.value, order);
  // The page's own cursor is right until older pages were read; then theirs goes on from the very last job.
  const cursor = extension === null ? (top.value?.nextCursor ?? null) : extension.nextCursor;

  const loadMore = async () => {
    if (cursor === null || loading.isLoading) return;
    setLoading({ isLoading: true, error: null });
    try {
      const page = await client.jobs({ ...known, limit: PAGE_SIZE, cursor });
      setOlder({ identity, jobs: [...(jobs ?? []), ...listedJobs(page)], nextCursor: page.nextCursor });
      setLoading({ isLoading: false, error: null });
    } catch (cause) {
      setLoading({ isLoading: false, error: cause instanceof Error ? cause : new Error(String(cause)) });
    }
  };
  return {
    jobs,
    error: top.error ?? loading.error,
    hasMore: cursor !== null,
    isLoadingMore: loading.isLoading,
    loadMore: () => void loadMore(),
    reload: top.reload,
  };
}
