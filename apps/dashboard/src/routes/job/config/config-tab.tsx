import type { JobView } from '@crucible/contracts';
import { CodeBlock } from '../../../components/code-block.tsx';
import { useMethod } from '../../jobs/use-method.ts';
import { isSchema } from '../../submit/form/json-schema.ts';
import { inSchemaOrder } from '../../submit/form/schema-order.ts';
import { configOrigins } from './config-origins.ts';

/** The config that runs, value by value with its origin, and both documents as JSON. */
export function ConfigTab({ job }: { job: JobView }) {
  const method = useMethod(job.method);
  const preset = method.value?.presets.find(({ name }) => name === job.preset)?.config;
  const schema = isSchema(method.value?.config) ? method.value.config : undefined;
  const config = inSchemaOrder(job.config, schema);
  const entries = configOrigins(config, job.submittedConfig, preset);
  return (
    <div class="config">
      <section class="panel">
        <h2>Resolved config</h2>
        <table class="rows config-table">
          <thead>
            <tr>
              <th scope="col">Key</th>
              <th scope="col">Value</th>
              <th scope="col">From</th>
            </tr>
          </thead>
          <tbody>
            {entries.map(({ path, value, origin }) => (
              <tr key={path} class={`origin-${origin}`}>
                <td>
                  <code>{path}</code>
                </td>
                <td class="figure">{JSON.stringify(value)}</td>
                <td>{origin === 'preset' ? `preset ${job.preset}` : origin}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <div class="config-json">
        <section class="panel">
          <h2>Submitted</h2>
          <CodeBlock text={JSON.stringify(job.submittedConfig, null, 2)} label="submitted config" />
        </section>
        <section class="panel">
          <h2>Resolved</h2>
          <CodeBlock text={JSON.stringify(config, null, 2)} label="resolved config" />
        </section>
      </div>
    </div>
  );
}
