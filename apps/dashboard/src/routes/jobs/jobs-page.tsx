import { NEWEST_FIRST, parseJobSort } from '@crucible/contracts';
import { Empty, Failure, Loading } from '../../components/notice.tsx';
import { useTitle } from '../../components/use-title.ts';
import { useNow } from '../../live/use-now.ts';
import { filterHash, filterOf, JobFilters } from './job-filters.tsx';
import { JobRow } from './job-row.tsx';
import { useJobTable } from './use-job-table.ts';

const NO_FILTER = { states: [], method: '', name: '', tag: '', parent: '', sort: '' };

/** Every job, with filters and an order that live in the address. */
export function JobsPage({ query }: { query: URLSearchParams }) {
  useTitle('Jobs');
  const filter = filterOf(query);
  const table = useJobTable(filter);
  const now = useNow(table.jobs?.some(({ job }) => job.endedAt === null) ?? false);
  const order = parseJobSort(filter.sort || NEWEST_FIRST);
  const isFiltered = filterHash({ ...filter, sort: '' }) !== filterHash(NO_FILTER);

  return (
    <>
      <div class="page-head">
        <h1>Jobs</h1>
        <a class="button primary" href="#/submit">
          Submit a job
        </a>
      </div>
      <JobFilters filter={filter} />
      {table.error !== null && <Failure what="the jobs" error={table.error} onRetry={table.reload} />}
      {table.jobs === null && table.error === null && <Loading what="jobs" />}
      {table.jobs?.length === 0 &&
        (isFiltered ? (
          <Empty>
            No job fits the filter. <a href="#/jobs">Show all jobs.</a>
          </Empty>
        ) : (
          <Empty>
            There are no jobs yet. <a href="#/submit">Submit the first one.</a>
          </Empty>
        ))}
      {table.jobs !== null && table.jobs.length > 0 && (
        <div class="panel table-panel">
          <table class="jobs">
            <thead>
              <tr>
                <th scope="col">State</th>
                <th scope="col">Name</th>
                <th scope="col">Method</th>
                <th scope="col">Progress</th>
                <th scope="col">Key metric</th>
                <th scope="col" class="number">
                  Waited
                </th>
                <th scope="col" class="number">
                  Ran
                </th>
                <th scope="col" class="number">
                  Submitted
                </th>
                <th scope="col" class="number">
                  Priority
                </th>
              </tr>
            </thead>
            <tbody>
              {table.jobs.map(({ job, value }) => (
                <JobRow
                  key={job.id}
                  job={job}
                  now={now}
                  sorted={order.by === 'metric' ? { metric: order.key, value } : null}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {table.hasMore && (
        <button type="button" class="button more" onClick={table.loadMore} disabled={table.isLoadingMore}>
          {table.isLoadingMore ? 'Reading…' : 'Load more'}
        </button>
      )}
    </>
  );
}
