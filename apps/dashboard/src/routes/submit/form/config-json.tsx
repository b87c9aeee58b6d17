import { useEffect, useState } from 'preact/hooks';
import { isConfig, type PartialConfig } from './config-path.ts';

interface ConfigJsonProps {
  config: PartialConfig;
  onConfig(config: PartialConfig): void;
}

const textOf = (config: PartialConfig): string => JSON.stringify(config, null, 2);

/** The set values as JSON, beside the form and in step with it: what is typed in one shows in the other. */
export function ConfigJson({ config, onConfig }: ConfigJsonProps) {
  const [text, setText] = useState(() => textOf(config));
  const [problem, setProblem] = useState<string | null>(null);

  useEffect(() => {
    setText((typed) => {
      try {
        if (JSON.stringify(JSON.parse(typed)) === JSON.stringify(config)) return typed; // keep the user's own layout
      } catch {
        // unreadable text gives way to what the form says
      }
      return textOf(config);
    });
    setProblem(null);
  }, [config]);

  const read = (typed: string) => {
    setText(typed);
    try {
      const value: unknown = JSON.parse(typed);
      if (!isConfig(value)) throw new Error('A config is an object: { … }');
      setProblem(null);
      onConfig(value);
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };

  return (
    <div class="field json-field">
      <label class="field-name" for="config-json">
        Changes as JSON
      </label>
      <textarea
        id="config-json"
        aria-describedby="config-json-note"
        spellcheck={false}
        rows={Math.min(30, Math.max(8, text.split('\n').length + 1))}
        value={text}
        aria-invalid={problem !== null}
        onInput={(event) => read(event.currentTarget.value)}
      />
      <span class="field-note" id="config-json-note">
        {problem !== null && <span class="fault">{problem}</span>}
        Only what is changed here is sent; the API fills the rest.
      </span>
    </div>
  );
}
