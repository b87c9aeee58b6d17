/** What a submit says beside the config, as it is typed. */
export interface Settings {
  name: string;
  seed: string;
  priority: string;
  tags: string;
}

export const NO_SETTINGS: Settings = { name: '', seed: '', priority: '', tags: '' };

interface JobSettingsProps {
  settings: Settings;
  /** values that hold when a field is left empty */
  placeholders: Settings;
  /** message by name of the setting */
  faults: ReadonlyMap<string, string>;
  onChange(settings: Settings): void;
}

const FIELDS = [
  { key: 'name', title: 'Name', note: 'shown in every list', inputMode: 'text' },
  { key: 'seed', title: 'Seed', note: 'all randomness of the job', inputMode: 'numeric' },
  { key: 'priority', title: 'Priority', note: '0 to 100, larger runs sooner', inputMode: 'numeric' },
  { key: 'tags', title: 'Tags', note: 'key=value, parted by commas', inputMode: 'text' },
] as const;

/** Name, seed, priority and tags of a new job. */
export function JobSettings({ settings, placeholders, faults, onChange }: JobSettingsProps) {
  return (
    <div class="fields">
      {FIELDS.map(({ key, title, note, inputMode }) => {
        const fault = faults.get(key);
        return (
          <label key={key} class={`field${fault === undefined ? '' : ' faulty'}`}>
            <span class="field-name">{title}</span>
            <input
              type="text"
              id={key}
              name={key}
              inputMode={inputMode}
              autocomplete="off"
              placeholder={placeholders[key]}
              value={settings[key]}
              aria-invalid={fault !== undefined}
              onInput={(event) => onChange({ ...settings, [key]: event.currentTarget.value })}
            />
            <span class="field-note">
              {fault !== undefined && <span class="fault">{fault}</span>}
              {note}
            </span>
          </label>
        );
      })}
    </div>
  );
}
