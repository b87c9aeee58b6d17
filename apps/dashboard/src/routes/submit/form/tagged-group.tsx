import { useContext } from 'preact/hooks';
import { ConfigField } from './config-field.tsx';
import { pointerOf, valueAt, withValueAt } from './config-path.ts';
import { FormContext, type FormState } from './form-context.ts';
import { fieldOf, type JsonSchema, taggedUnionOf } from './json-schema.ts';

interface TaggedGroupProps {
  name: string;
  path: readonly string[];
  /** of a tagged union */
  schema: JsonSchema;
}

/** An object whose fields follow from its tag: a choice of the tag, then the fields of what it chooses. */
export function TaggedGroup({ name, path, schema }: TaggedGroupProps) {
  const outer = useContext(FormContext);
  const union = taggedUnionOf(schema);
  if (union === null) return null;
  const { tag, branches } = union;
  const { fallback, isNullable, description } = fieldOf(schema);
  const own = valueAt(outer.config, path);
  const below = valueAt(outer.base, path) ?? fallback;
  const chosen = own === undefined ? below : own;
  const chosenTag = String(valueAt(chosen, [tag]) ?? '');
  const branch = branches.get(chosenTag);
  const pointer = pointerOf(path);
  const id = `config${pointer}`;
  const fault = outer.faults.get(pointer) ?? outer.faults.get(`${pointer}/${tag}`);

  // What lies below is of another tag once the tag is changed, and means nothing to the new one.
  const inner: FormState = {
    ...outer,
    base: withValueAt(outer.base, path, valueAt(below, [tag]) === chosenTag ? below : undefined),
    set: (at, value) => {
      outer.set(at, value);
      outer.set([...path, tag], chosenTag);
    },
  };
  const fields = Object.entries(branch?.properties ?? {}).filter(([key]) => key !== tag);
  return (
    <details class="group" open>
      <summary>{name}</summary>
      <div class="fields">
        <div class={`field${own === undefined ? '' : ' changed'}${fault === undefined ? '' : ' faulty'}`}>
          <label class="field-name" for={id}>
            {tag}
          </label>
          <span class="field-control">
            <select
              id={id}
              aria-describedby={`${id}-note`}
              aria-invalid={fault !== undefined}
              value={chosenTag}
              onChange={(event) => {
                const value = event.currentTarget.value;
                outer.set(path, value === '' ? null : { [tag]: value });
              }}
            >
              {[...(isNullable || branch === undefined ? [''] : []), ...branches.keys()].map((value) => (
                <option key={value} value={value}>
                  {value === '' ? 'null' : value}
                </option>
              ))}
            </select>
            {own !== undefined && (
              <button
                type="button"
                class="button small"
                title={`Back to ${JSON.stringify(below ?? null)}`}
                aria-label={`Take back the changes of ${name}`}
                onClick={() => outer.set(path, undefined)}
              >
                ↺
              </button>
            )}
          </span>
          <span class="field-note" id={`${id}-note`}>
            {fault !== undefined && <span class="fault">{fault}</span>}
            {description}
          </span>
        </div>
        <FormContext.Provider value={inner}>
          {fields.map(([key, one]) => (
            <ConfigField key={`${chosenTag} ${key}`} name={key} path={[...path, key]} schema={one} />
          ))}
        </FormContext.Provider>
      </div>
    </details>
  );
}
