/**
 * A fresh key of 128 random bits in hex.
 *
 * `crypto.randomUUID` is missing in browsers on plain http, `getRandomValues` is there everywhere.
 */
export function createIdempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
