import type { JobView } from '@crucible/contracts';
import { isTerminal } from '@crucible/contracts';
import { CodeBlock } from '../../../components/code-block.tsx';
import { Empty } from '../../../components/notice.tsx';
import { formatNumber } from '../../../format/number.ts';
import { useMethod } from '../../jobs/use-method.ts';
import { isSchema } from '../../submit/form/json-schema.ts';
import { inSchemaOrder } from '../../submit/form/schema-order.ts';
import { structureBlocks } from './structure-blocks.ts';
import { StructureDrawing } from './structure-drawing.tsx';

/** The final values of a job, with what its method says of each; an architecture is drawn. */
export function ResultTab({ job }: { job: JobView }) {
  const method = useMethod(job.method);
  if (typeof job.summary !== 'object' || job.summary === null)
    return (
      <Empty>
        {isTerminal(job.state) ? 'The job ended without a result.' : 'The result appears when the job has ended.'}
      </Empty>
    );
  const schema = isSchema(method.value?.summary) ? method.value.summary : {};
  const entries: [string, unknown][] = Object.entries(inSchemaOrder(job.summary, schema) as object);
  const structures = entries.flatMap(([name, value]) => {
    const blocks = typeof value === 'string' ? structureBlocks(value) : null;
    return blocks === null ? [] : [{ name, text: String(value), blocks }];
  });
  const values = entries.filter(([name]) => !structures.some((one) => one.name === name));
  return (
    <div class="result">
      <section class="panel">
        <h2>Final values</h2>
        <dl class="values">
          {values.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd class="figure">{textOf(value)}</dd>
              <dd class="muted">{schema.properties?.[name]?.description ?? ''}</dd>
            </div>
          ))}
        </dl>
      </section>
      {structures.map(({ name, text, blocks }) => (
        <section key={name} class="panel">
          <h2>{schema.properties?.[name]?.description ?? name}</h2>
          <StructureDrawing blocks={blocks} />
          <CodeBlock text={text} label="structure string" />
        </section>
      ))}
    </div>
  );
}

function textOf(value: unknown): string {
  if (typeof value === 'number') return formatNumber(value, 5);
  if (value === null) return '–';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
