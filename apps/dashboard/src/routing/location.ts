/** Where the dashboard is: a path and a query, both kept behind the `#` of the address. */
export interface Location {
  /** segments of the path, decoded: `['jobs', '0189...']` */
  path: string[];
  query: URLSearchParams;
}

/** Reads a hash such as `#/jobs/0189?tab=logs`. */
export function parseHash(hash: string): Location {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?', 2);
  return {
    path: path.split('/').filter(Boolean).map(decodeSegment),
    query: new URLSearchParams(query),
  };
}

/** The hash of a path with a query; undefined and empty values are left out. */
export function hashOf(path: readonly string[], query: Record<string, string | undefined> = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== '') search.set(name, value);
  const text = search.toString();
  return `#/${path.map(encodeURIComponent).join('/')}${text === '' ? '' : `?${text}`}`;
}

const decodeSegment = (segment: string): string => {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment; // a stray percent sign typed by hand
  }
};
