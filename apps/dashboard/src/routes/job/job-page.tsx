import { Failure, Loading } from '../../components/notice.tsx';
import { Tabs } from '../../components/tabs.tsx';
import { useTitle } from '../../components/use-title.ts';
import { useResource } from '../../live/use-resource.ts';
import { hashOf } from '../../routing/location.ts';
import { useSession } from '../../session/session-context.ts';
import { ArtifactsTab } from './artifacts-tab.tsx';
import { AttemptsTab } from './attempts-tab.tsx';
import { ChartsTab } from './charts/charts-tab.tsx';
import { CheckpointsTab } from './checkpoints-tab.tsx';
import { ConfigTab } from './config/config-tab.tsx';
import { JobHeader } from './job-header.tsx';
import { LogsTab } from './logs/logs-tab.tsx';
import { ResultTab } from './result/result-tab.tsx';

const TABS = [
  { id: 'charts', title: 'Charts' },
  { id: 'result', title: 'Result' },
  { id: 'logs', title: 'Logs' },
  { id: 'attempts', title: 'Attempts' },
  { id: 'checkpoints', title: 'Checkpoints' },
  { id: 'artifacts', title: 'Artifacts' },
  { id: 'config', title: 'Config' },
] as const;
type TabId = (typeof TABS)[number]['id'];

/** One job: header, and the part of it that `?tab=` names. */
export function JobPage({ id, query }: { id: string; query: URLSearchParams }) {
  const { client } = useSession();
  const job = useResource(`job ${id}`, (signal) => client.job(id, { signal }), [`job:${id}`, `progress:${id}`]);
  const attempts = useResource(`attempts ${id}`, (signal) => client.attempts(id, { signal }), [`job:${id}`]);
  useTitle(job.value === null ? 'Job' : `${job.value.state}: ${job.value.name}`);
  const tab = TABS.find((one) => one.id === query.get('tab'))?.id ?? 'charts';

  if (job.value === null)
    return job.error === null ? (
      <Loading what="the job" />
    ) : (
      <Failure what="the job" error={job.error} onRetry={job.reload} />
    );
  const lastAttempt = attempts.value?.toSorted((a, b) => a.number - b.number).at(-1) ?? null;
  return (
    <>
      {job.error !== null && <Failure what="the job again" error={job.error} onRetry={job.reload} />}
      <JobHeader job={job.value} lastAttempt={lastAttempt} onChanged={job.reload} />
      <Tabs<TabId>
        label="Parts of the job"
        tabs={TABS}
        current={tab}
        hrefOf={(one) => hashOf(['jobs', id], one === 'charts' ? {} : { tab: one })}
      />
      {tab === 'charts' && <ChartsTab job={job.value} attempts={attempts.value ?? []} />}
      {tab === 'result' && <ResultTab job={job.value} />}
      {tab === 'logs' && <LogsTab job={job.value} />}
      {tab === 'attempts' && <AttemptsTab attempts={attempts} />}
      {tab === 'checkpoints' && <CheckpointsTab jobId={id} />}
      {tab === 'artifacts' && <ArtifactsTab jobId={id} />}
      {tab === 'config' && <ConfigTab job={job.value} />}
    </>
  );
}
