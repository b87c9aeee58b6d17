import { useEffect, useState } from 'preact/hooks';
import type { Field } from './json-schema.ts';

interface ValueControlProps {
  id: string;
  field: Field;
  value: unknown;
  describedBy: string;
  isFaulty: boolean;
  onValue(value: unknown): void;
}

/** The control for one value. What cannot be read as the schema's type is passed on as text, for the API to refuse. */
export function ValueControl({ id, field, value, describedBy, isFaulty, onValue }: ValueControlProps) {
  const common = { id, 'aria-describedby': describedBy, 'aria-invalid': isFaulty };
  if (field.kind === 'choice') {
    const choices: unknown[] = [...(field.schema.enum ?? []), ...(field.isNullable ? [null] : [])];
    return (
      <select
        {...common}
        value={String(choices.indexOf(value))}
        onChange={(event) => onValue(choices[Number(event.currentTarget.value)])}
      >
        {choices.map((choice, index) => (
          <option key={String(choice)} value={String(index)}>
            {String(choice)}
          </option>
        ))}
      </select>
    );
  }
  if (field.kind === 'switch')
    return (
      <input
        {...common}
        type="checkbox"
        checked={value === true}
        onChange={(event) => onValue(event.currentTarget.checked)}
      />
    );
  return <TextControl {...common} field={field} value={value} onValue={onValue} />;
}

type TextControlProps = Pick<ValueControlProps, 'id' | 'field' | 'value' | 'onValue'> & {
  'aria-describedby': string;
  'aria-invalid': boolean;
};

/** Keeps the text as it is typed (`1e-`, `0.`), while the value behind it follows whenever it can be read. */
function TextControl({ field, value, onValue, ...common }: TextControlProps) {
  const [text, setText] = useState(() => textOf(value, field));
  useEffect(() => {
    setText((typed) =>
      Object.is(JSON.stringify(readText(typed, field)), JSON.stringify(value)) ? typed : textOf(value, field),
    );
  }, [value, field.kind]);
  return (
    <input
      {...common}
      type="text"
      inputMode={field.kind === 'integer' ? 'numeric' : field.kind === 'number' ? 'decimal' : 'text'}
      spellcheck={false}
      autocomplete="off"
      placeholder={field.isNullable ? 'null' : ''}
      value={text}
      onInput={(event) => {
        setText(event.currentTarget.value);
        onValue(readText(event.currentTarget.value, field));
      }}
    />
  );
}

const textOf = (value: unknown, field: Field): string => {
  if (value === null || value === undefined) return '';
  return field.kind === 'json' ? JSON.stringify(value) : String(value);
};

function readText(text: string, field: Field): unknown {
  const trimmed = text.trim();
  if (trimmed === '' && field.isNullable) return null;
  if (field.kind === 'text') return text;
  if (field.kind === 'json')
    try {
      return JSON.parse(trimmed);
    } catch {
      return text;
    }
  const number = Number(trimmed);
  return trimmed === '' || Number.isNaN(number) ? text : number;
}
