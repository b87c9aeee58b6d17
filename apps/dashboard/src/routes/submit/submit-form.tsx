import { CrucibleError, type Fault, type JobView, type MethodView } from '@crucible/contracts';
import { useState } from 'preact/hooks';
import { messageOf } from '../../components/notice.tsx';
import { hashOf } from '../../routing/location.ts';
import { navigate } from '../../routing/use-location.ts';
import { useSession } from '../../session/session-context.ts';
import { FaultList } from './fault-list.tsx';
import { ConfigGroup } from './form/config-group.tsx';
import { ConfigJson } from './form/config-json.tsx';
import { isConfig, type PartialConfig, withValueAt } from './form/config-path.ts';
import { FormContext } from './form/form-context.ts';
import { isSchema } from './form/json-schema.ts';
import { JobSettings, NO_SETTINGS } from './job-settings.tsx';
import { poolBody, SettingFault, settingsBody } from './submit-body.ts';

interface SubmitFormProps {
  method: MethodView;
  /** config below the changes: that of the preset, or of the job that is forked */
  base: unknown;
  /** empty: none */
  preset: string;
  forkOf: JobView | null;
}

const FORK_SETTINGS = ['name', 'seed', 'priority', 'tags'] as const;
const NEW_JOB_SETTINGS = [...FORK_SETTINGS, 'pool'] as const;

interface Refusal {
  message: string;
  faults: readonly Fault[];
}

/** The form of a config with its settings. It checks nothing itself: the API names every fault at once, by pointer. */
export function SubmitForm({ method, base, preset, forkOf }: SubmitFormProps) {
  const { client } = useSession();
  const [config, setConfig] = useState<PartialConfig>({});
  const [settings, setSettings] = useState(NO_SETTINGS);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [isSending, setIsSending] = useState(false);

  const faultsBelow = (prefix: string): Map<string, string> =>
    new Map(
      (refusal?.faults ?? [])
        .filter(({ pointer }) => pointer.startsWith(prefix))
        .map(({ pointer, message }) => [pointer.slice(prefix.length), message]),
    );

  const submit = async (event: Event) => {
    event.preventDefault();
    setIsSending(true);
    setRefusal(null);
    try {
      const body = settingsBody(settings, config);
      const job =
        forkOf === null
          ? await client.submit({
              method: method.id,
              ...(preset === '' ? {} : { preset }),
              ...poolBody(settings),
              ...body,
            })
          : await client.fork(forkOf.id, body);
      navigate(hashOf(['jobs', job.id]));
    } catch (error) {
      setRefusal({
        message: messageOf(error),
        faults:
          error instanceof CrucibleError
            ? error.faults
            : error instanceof SettingFault
              ? [{ pointer: `/${error.setting}`, message: error.message }]
              : [],
      });
      setIsSending(false);
    }
  };

  return (
    <FormContext.Provider
      value={{
        config,
        base: isConfig(base) ? base : {},
        faults: faultsBelow('/config'),
        set: (path, value) => setConfig((old) => withValueAt(old, path, value)),
      }}
    >
      <form class="submit-form" onSubmit={submit} noValidate>
        <section class="panel config-form" aria-label="Config">
          {isSchema(method.config) && <ConfigGroup name="" path={[]} schema={method.config} />}
        </section>
        <aside class="panel submit-side">
          <JobSettings
            settings={settings}
            placeholders={{
              name: forkOf === null ? method.id : forkOf.name,
              seed: forkOf === null ? 'drawn' : String(forkOf.seed),
              priority: forkOf === null ? 'default' : String(forkOf.priority),
              tags: '',
              pool: 'default',
            }}
            keys={forkOf === null ? NEW_JOB_SETTINGS : FORK_SETTINGS}
            faults={new Map([...faultsBelow('/'), ...faultsBelow('/resources/')])}
            onChange={setSettings}
          />
          <ConfigJson config={config} onConfig={setConfig} />
          {refusal !== null && <FaultList message={refusal.message} faults={refusal.faults} />}
          <button type="submit" class="button primary wide" disabled={isSending}>
            {isSending ? 'Sending…' : forkOf === null ? 'Submit' : 'Submit the fork'}
          </button>
        </aside>
      </form>
    </FormContext.Provider>
  );
}
