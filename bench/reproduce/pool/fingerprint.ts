import { createHash } from 'node:crypto';

/** JSON in which equal documents have equal text: keys are sorted, undefined members left out. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  members.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join()}}`;
}

/** Equal for documents that are equal but for the order of their keys, else different. */
export const fingerprintOf = (document: unknown): string =>
  createHash('sha256').update(canonical(document)).digest('hex').slice(0, 32);
