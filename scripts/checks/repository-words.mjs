import fs from 'node:fs';
import { Failure } from '../lib/failure.mjs';
import { inProject } from '../lib/project.mjs';
import { trackedFiles } from './tracked-files.mjs';

/** Written in pieces, so that this file does not hold what it looks for. */
const FORBIDDEN = [
  ['a package registry by its host name', ['registry', '\\.(npmjs|yarnpkg)\\.'].join('')],
  ['a package mirror by its host name', ['(deb|security|snapshot|archive)', '\\.(debian|ubuntu)\\.'].join('')],
  ['a package index by its host name', ['(pypi', '|files\\.pythonhosted)\\.org'].join('')],
  ['a path of one machine', ['(^|[\\s"\'`(=:])', '/(work|root|home/[a-z]+|Users/[A-Za-z]+)', '(/|\\b)'].join('')],
  ['an address inside the lock file', ['"resolved": "', 'https?:'].join('')],
].map(([what, pattern]) => ({ what, pattern: new RegExp(pattern) }));

const BINARY = /\.(png|jpg|gif|ico|woff2?|gz|bin|safetensors|wasm|node)$/;
const REPORTED = 20;

/**
 * Finds lines that only make sense on the machine where they were written.
 *
 * @param {string} text
 * @returns {{ line: number, what: string }[]} lines count from 1
 */
export function forbiddenLines(text) {
  return text.split('\n').flatMap((content, index) => {
    const found = FORBIDDEN.find(({ pattern }) => pattern.test(content));
    return found === undefined ? [] : [{ line: index + 1, what: found.what }];
  });
}

/**
 * Looks through every text file of the repository for such lines.
 *
 * @throws {Failure} with the places
 */
export async function checkRepositoryWords() {
  const files = (await trackedFiles()).filter((file) => !BINARY.test(file));
  const places = files.flatMap((file) =>
    forbiddenLines(fs.readFileSync(inProject(file), 'utf8')).map(({ line, what }) => `${file}:${line}: ${what}`),
  );
  if (places.length > 0) throw new Failure(places.slice(0, REPORTED).join('\n'));
  return `${files.length} files`;
}
