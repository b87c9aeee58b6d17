import { useContext } from 'preact/hooks';
import { ConfigField } from './config-field.tsx';
import { pointerOf } from './config-path.ts';
import { FormContext } from './form-context.ts';
import { fieldOf, type JsonSchema } from './json-schema.ts';

interface ConfigGroupProps {
  name: string;
  path: readonly string[];
  schema: JsonSchema;
}

/** The fields of one object of the config; groups inside it are drawn the same way. */
export function ConfigGroup({ name, path, schema }: ConfigGroupProps) {
  const { faults } = useContext(FormContext);
  const entries = Object.entries(schema.properties ?? {});
  const isGroup = (one: JsonSchema) => fieldOf(one).kind === 'group';
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
      {groups.map(([key, one]) => (
        <ConfigGroup key={key} name={name === '' ? key : `${name} / ${key}`} path={[...path, key]} schema={one} />
      ))}
    </>
  );
}
