import { useTitle } from '../../components/use-title.ts';
import { QueueTable } from './queue-table.tsx';
import { WorkerList } from './worker-list.tsx';

/** What waits, why and in which order; and the workers that will take it. */
export function ClusterPage() {
  useTitle('Queue & workers');
  return (
    <>
      <div class="page-head">
        <h1>Queue &amp; workers</h1>
      </div>
      <QueueTable />
      <WorkerList />
    </>
  );
}
