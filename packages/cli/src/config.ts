import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from './exit-code.ts';

export interface CliConfig {
  url: string;
  key: string;
}

/** Where address and key are kept for a user, `{ "url": "...", "key": "..." }`. */
export const configPath = (env: NodeJS.ProcessEnv): string =>
  join(env.XDG_CONFIG_HOME ?? join(env.HOME ?? homedir(), '.config'), 'crucible', 'config.json');

/**
 * Address and key: `CRUCIBLE_URL` and `CRUCIBLE_KEY`, what is missing from the user's file.
 *
 * @throws UsageError that names both ways when neither says it
 */
export function loadConfig(env: NodeJS.ProcessEnv): CliConfig {
  const file = env.CRUCIBLE_URL && env.CRUCIBLE_KEY ? {} : readConfigFile(configPath(env));
  const url = env.CRUCIBLE_URL || file.url;
  const key = env.CRUCIBLE_KEY || file.key;
  if (url === undefined || key === undefined) {
    const missing = [url === undefined ? 'CRUCIBLE_URL' : '', key === undefined ? 'CRUCIBLE_KEY' : ''].filter(Boolean);
    throw new UsageError(`Set ${missing.join(' and ')}, or write {"url": "...", "key": "..."} to ${configPath(env)}.`);
  }
  return { url, key };
}

function readConfigFile(path: string): Partial<CliConfig> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return {}; // no file is the usual case, not a fault
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`${path} is not JSON.`, { cause });
  }
  const values: Record<string, unknown> = typeof content === 'object' && content !== null ? { ...content } : {};
  return {
    ...(typeof values.url === 'string' ? { url: values.url } : {}),
    ...(typeof values.key === 'string' ? { key: values.key } : {}),
  };
}
