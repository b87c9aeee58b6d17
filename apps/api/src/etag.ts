/** The entity tag of a version: `"v3"`. */
export const versionTag = (version: number): string => `"v${version}"`;

/** True when `If-None-Match` names `tag` (weakly compared, RFC 9110 section 13.1.2) or everything. */
export const isNoneMatch = (header: string | undefined, tag: string): boolean =>
  (header ?? '').split(',').some((candidate) => {
    const trimmed = candidate.trim();
    return trimmed === '*' || trimmed.replace(/^W\//, '') === tag;
  });

/**
 * The version that `If-Match` names; null without one, or for `*`. A tag that is no version of ours matches none.
 */
export function matchedVersion(header: string | undefined): number | null {
  if (header === undefined || header.trim() === '*') return null;
  const [, version] = /^"v(\d{1,9})"$/.exec(header.trim()) ?? [];
  return version === undefined ? 0 : Number(version);
}
