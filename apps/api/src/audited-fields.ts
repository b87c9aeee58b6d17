import { hideSecrets } from '@crucible/telemetry';

const MAX_FIELDS = 50;
const MAX_CHARACTERS = 500;

/**
 * The fields of a body as the audit keeps them: values of up to 500 characters of JSON as they are, longer ones as
 * their size, secrets hidden; null for a body that is no object.
 */
export function auditedFields(body: unknown): Record<string, unknown> | null {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return null;
  return Object.fromEntries(
    Object.entries(body)
      .slice(0, MAX_FIELDS)
      .map(([name, value]) => [name.slice(0, MAX_CHARACTERS), audited(value)]),
  );
}

function audited(value: unknown): unknown {
  const json = JSON.stringify(value);
  if (json.length > MAX_CHARACTERS) return `[${json.length} characters]`;
  const shown = hideSecrets(json);
  // A secret that is hidden may have been cut out across a quote: then the text stays a text.
  try {
    return JSON.parse(shown);
  } catch {
    return shown;
  }
}
