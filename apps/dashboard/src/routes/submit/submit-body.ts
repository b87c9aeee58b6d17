import type { SubmitRequest } from '@crucible/client';
import type { PartialConfig } from './form/config-path.ts';
import type { Settings } from './job-settings.tsx';
import { tagsOf } from './tags-text.ts';

/** A setting that cannot be sent as it was typed. */
export class SettingFault extends Error {
  readonly setting: keyof Settings;

  constructor(setting: keyof Settings, message: string) {
    super(message);
    this.name = 'SettingFault';
    this.setting = setting;
  }
}

/**
 * What a submit and a fork have in common. Empty settings are left to the API.
 *
 * @throws SettingFault when a number is no number or a tag no pair; ranges are the API's business
 */
export function settingsBody(
  settings: Settings,
  config: PartialConfig,
): Pick<SubmitRequest, 'config' | 'name' | 'seed' | 'priority' | 'tags'> {
  const body: Pick<SubmitRequest, 'config' | 'name' | 'seed' | 'priority' | 'tags'> = { config };
  if (settings.name.trim() !== '') body.name = settings.name.trim();
  if (settings.seed.trim() !== '') body.seed = numberOf('seed', settings.seed);
  if (settings.priority.trim() !== '') body.priority = numberOf('priority', settings.priority);
  if (settings.tags.trim() !== '')
    try {
      body.tags = tagsOf(settings.tags);
    } catch (error) {
      throw new SettingFault('tags', error instanceof Error ? error.message : String(error));
    }
  return body;
}

/** The pool of a new job; the API chooses when none is named. */
export const poolBody = ({ pool }: Settings): Pick<SubmitRequest, 'resources'> =>
  pool.trim() === '' ? {} : { resources: { pool: pool.trim(), slots: 1 } };

function numberOf(setting: 'seed' | 'priority', text: string): number {
  const value = Number(text);
  if (Number.isNaN(value)) throw new SettingFault(setting, 'must be a number');
  return value;
}
