/** What a submit says beside the config, as it is typed. */
export interface Settings {
  name: string;
  seed: string;
  priority: string;
  tags: string;
  /** only a new job may name one: a fork stays in the pool of its origin */
  pool: string;
}

export const NO_SETTINGS: Settings = { name: '', seed: '', priority: '', tags: '', pool: '' };

interface JobSettingsProps {
  settings: Settings;
  /** values that hold when a field is left empty */
  placeholders: Settings;
  /** settings that are asked for, in this order */
  keys: readonly (keyof Settings)[];
  /** message by name of the setting */
  faults: ReadonlyMap<string, string>;
  onChange(settings: Settings): void;
}

const FIELDS = {
  name: { title: 'Name', note: 'shown in every list', inputMode: 'text' },
  seed: { title: 'Seed', note: 'all randomness of the job', inputMode: 'numeric' },
  priority: { title: 'Priority', note: '0 to 100, larger runs sooner', inputMode: 'numeric' },
  tags: { title: 'Tags', note: 'key=value, parted by commas', inputMode: 'text' },
  pool: { title: 'Pool', note: 'workers that may take the job', inputMode: 'text' },
} as const satisfies Record<keyof Settings, unknown>;

/** What a new job says beside its config. */
export function JobSettings({ settings, placeholders, keys, faults, onChange }: JobSettingsProps) {
  return (
    <div class="fields">
      {keys.map((key) => {
        const { title, note, inputMode } = FIELDS[key];
        const fault = faults.get(key);
        return (
          <div key={key} class={`field${fault === undefined ? '' : ' faulty'}`}>
            <label class="field-name" for={key}>
              {title}
            </label>
            <input
              type="text"
              id={key}
              name={key}
              inputMode={inputMode}
              autocomplete="off"
              placeholder={placeholders[key]}
              value={settings[key]}
              aria-describedby={`${key}-note`}
              aria-invalid={fault !== undefined}
              onInput={(event) => onChange({ ...settings, [key]: event.currentTarget.value })}
            />
            <span class="field-note" id={`${key}-note`}>
              {fault !== undefined && <span class="fault">{fault}</span>}
              {note}
            </span>
          </div>
        );
      })}
    </div>
  );
}
