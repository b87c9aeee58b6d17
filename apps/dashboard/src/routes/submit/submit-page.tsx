import { useState } from 'preact/hooks';
import { Failure, Loading } from '../../components/notice.tsx';
import { useTitle } from '../../components/use-title.ts';
import { useResource } from '../../live/use-resource.ts';
import { useSession } from '../../session/session-context.ts';
import { useMethod } from '../jobs/use-method.ts';
import { MethodChoice } from './method-choice.tsx';
import { SubmitForm } from './submit-form.tsx';

/** A new job: of a method, or with `?fork=ID` from the config of an old job. */
export function SubmitPage({ query }: { query: URLSearchParams }) {
  const fork = query.get('fork');
  useTitle(fork === null ? 'Submit' : 'Fork');
  return fork === null ? <NewJob firstMethod={query.get('method') ?? ''} /> : <ForkedJob id={fork} />;
}

function NewJob({ firstMethod }: { firstMethod: string }) {
  const [methodId, setMethodId] = useState(firstMethod);
  const [preset, setPreset] = useState<string | null>(null);
  const method = useMethod(methodId);
  // Defaults alone are those of a paper, often days of work: a preset says what it costs, so one is taken first.
  const chosen = preset ?? method.value?.presets[0]?.name ?? '';
  return (
    <>
      <div class="page-head">
        <h1>Submit a job</h1>
      </div>
      <MethodChoice
        methodId={methodId}
        method={method.value}
        preset={chosen}
        onMethod={(id) => {
          setMethodId(id);
          setPreset(null);
        }}
        onPreset={setPreset}
      />
      {method.error !== null && <Failure what="the method" error={method.error} onRetry={method.reload} />}
      {methodId !== '' && method.value === null && method.error === null && <Loading what="the method" />}
      {method.value !== null && (
        <SubmitForm
          key={methodId}
          method={method.value}
          base={method.value.presets.find(({ name }) => name === chosen)?.config ?? {}}
          preset={chosen}
          forkOf={null}
        />
      )}
    </>
  );
}

function ForkedJob({ id }: { id: string }) {
  const { client } = useSession();
  const job = useResource(`job ${id}`, (signal) => client.job(id, { signal }), []);
  const method = useMethod(job.value?.method ?? '');
  const error = job.error ?? method.error;
  return (
    <>
      <div class="page-head">
        <h1>Fork a job</h1>
      </div>
      {error !== null && <Failure what="the job" error={error} onRetry={job.reload} />}
      {error === null && method.value === null && <Loading what="the job" />}
      {job.value !== null && method.value !== null && (
        <>
          <p class="lead">
            A new job from the config of <a href={`#/jobs/${id}`}>{job.value.name}</a>; what is changed here goes over
            it.
          </p>
          <SubmitForm method={method.value} base={job.value.config} preset="" forkOf={job.value} />
        </>
      )}
    </>
  );
}
