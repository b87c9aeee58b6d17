import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Absolute path of the repository's root. */
export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** True when the process runs as the superuser; always false where user ids do not exist. */
export const IS_ROOT = process.getuid?.() === 0;

/**
 * Absolute path inside the repository.
 *
 * @param {...string} parts path below the root
 */
export const inProject = (...parts) => path.join(ROOT, ...parts);
