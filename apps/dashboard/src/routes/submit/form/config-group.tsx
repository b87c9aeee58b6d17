import { useContext } from 'preact/hooks';
import { ConfigField } from './config-field.tsx';
import { pointerOf } from './config-path.ts';
import { FormContext } from './form-context.ts';
import { fieldOf, type JsonSchema } from './json-schema.ts';
import { TaggedGroup } from './tagged-group.tsx';

interface ConfigGroupProps {
  name: string;
  path: readonly string[];
  schema: JsonSchema;
}

/** The fields of one object of the config; groups inside it are drawn the same way. */
export function ConfigGroup({ name, path, schema }: ConfigGroupProps) {
  const { faults } = useContext(FormContext);
  const entries = Object.entries(schema.properties ?? {});
  const isGroup = (one: JsonSchema) => ['group', 'tagged'].includes(fieldOf(one).kind);
  const numFaults = [...faults.keys()].filter((pointer) => pointer.startsWith(`${pointerOf(path)}/`)).length;
  const values = entries.filter(([, one]) => !isGroup(one));
  const groups = entries.filter(([, one]) => isGroup(one));

  return (
    <>
      {values.length > 0 && (
        <details class="group" open>
          <summary>
            {name === '' ? 'general' : name}
            {numFaults > 0 && <span class="fault">{numFaults === 1 ? '1 fault' : `${numFaults} faults`}</span>}
          </summary>
          <div class="fields">
            {values.map(([key, one]) => (
              <ConfigField key={key} name={key} path={[...path, key]} schema={one} />
            ))}
          </div>
        </details>
      )}
      {groups.map(([key, one]) => {
        const { kind, schema: inner } = fieldOf(one);
        const Group = kind === 'tagged' ? TaggedGroup : ConfigGroup;
        const groupName = name === '' ? key : `${name} / ${key}`;
        return <Group key={key} name={groupName} path={[...path, key]} schema={kind === 'tagged' ? one : inner} />;
      })}
    </>
  );
}
