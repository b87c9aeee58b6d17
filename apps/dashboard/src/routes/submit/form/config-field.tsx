import { useContext } from 'preact/hooks';
import { pointerOf, valueAt } from './config-path.ts';
import { FormContext } from './form-context.ts';
import { fieldOf, type JsonSchema } from './json-schema.ts';
import { ValueControl } from './value-control.tsx';

interface ConfigFieldProps {
  name: string;
  path: readonly string[];
  schema: JsonSchema;
}

/** One value of the config: name, control, what the schema says of it, and its fault if it has one. */
export function ConfigField({ name, path, schema }: ConfigFieldProps) {
  const { config, base, faults, set } = useContext(FormContext);
  const drawn = fieldOf(schema);
  // the fields of an object inside a tagged one are not drawn one by one
  const field = drawn.kind === 'group' || drawn.kind === 'tagged' ? { ...drawn, kind: 'json' as const } : drawn;
  const pointer = pointerOf(path);
  const id = `config${pointer}`;
  const own = valueAt(config, path);
  const below = valueAt(base, path) ?? field.fallback;
  const isChanged = own !== undefined;
  const fault = faults.get(pointer);
  const note = [field.description, field.range, field.isNullable ? 'empty: null' : ''].filter(Boolean).join(' · ');

  return (
    <div class={`field${isChanged ? ' changed' : ''}${fault === undefined ? '' : ' faulty'}`}>
      <label class="field-name" for={id}>
        {name}
      </label>
      <span class="field-control">
        <ValueControl
          id={id}
          field={field}
          value={own === undefined ? below : own}
          describedBy={`${id}-note`}
          isFaulty={fault !== undefined}
          onValue={(value) => set(path, value)}
        />
        {isChanged && (
          <button
            type="button"
            class="button small"
            title={`Back to ${JSON.stringify(below ?? null)}`}
            aria-label={`Take back the change of ${name}`}
            onClick={() => set(path, undefined)}
          >
            ↺
          </button>
        )}
      </span>
      <span class="field-note" id={`${id}-note`}>
        {fault !== undefined && <span class="fault">{fault}</span>}
        {note}
      </span>
    </div>
  );
}
