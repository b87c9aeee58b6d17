import { Empty, Failure, Loading } from '../../components/notice.tsx';
import { useResource } from '../../live/use-resource.ts';
import { useSession } from '../../session/session-context.ts';
import { WorkerCard } from './worker-card.tsx';

/** Every worker that is known, those that can take a job first. */
export function WorkerList() {
  const { client } = useSession();
  const workers = useResource('workers', (signal) => client.workers({ signal }), ['workers', 'jobs']);
  const order = ['ready', 'cordoned', 'draining', 'lost', 'gone'];
  return (
    <section aria-labelledby="workers-title">
      <div class="section-head">
        <h2 id="workers-title">Workers</h2>
      </div>
      {workers.error !== null && <Failure what="the workers" error={workers.error} onRetry={workers.reload} />}
      {workers.value === null && workers.error === null && <Loading what="the workers" />}
      {workers.value?.length === 0 && (
        <Empty>
          No worker has joined. <code>./crucible up</code> starts one on this machine.
        </Empty>
      )}
      <div class="workers">
        {workers.value
          ?.toSorted((a, b) => order.indexOf(a.state) - order.indexOf(b.state) || a.name.localeCompare(b.name))
          .map((worker) => (
            <WorkerCard key={worker.id} worker={worker} />
          ))}
      </div>
    </section>
  );
}
