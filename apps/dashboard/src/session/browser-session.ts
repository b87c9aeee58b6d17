import { CrucibleError, type SessionView } from '@crucible/contracts';

/**
 * Takes a key from an address such as `#key=crk_...` or `#key=crk_...&to=/jobs/ID` and wipes it from there, so that
 * neither a bookmark nor a screenshot carries it; null when there is none.
 */
export function takeKeyFromAddress(): string | null {
  const hash = window.location.hash.replace(/^#/, '');
  if (!hash.startsWith('key=')) return null;
  const values = new URLSearchParams(hash);
  window.location.replace(`#${values.get('to') ?? '/jobs'}`); // unlike replaceState it also wakes the router
  return values.get('key');
}

async function ask(method: 'GET' | 'POST', headers: Record<string, string>): Promise<SessionView | null> {
  const response = await fetch('/v1/session', { method, headers, cache: 'no-store' });
  if (response.status === 401) return null;
  if (!response.ok) throw new CrucibleError('unavailable', `The API answered ${response.status}.`);
  return (await response.json()) as SessionView;
}

/** Exchanges a key for a session that the browser keeps in a cookie; null when the API refuses the key. */
export const signIn = (key: string): Promise<SessionView | null> => ask('POST', { authorization: `Bearer ${key}` });

/** The session that this browser has already; null without one. */
export const currentSession = (): Promise<SessionView | null> => ask('GET', {});

/** `fetch` with the token that every change needs. `onEnd` is told when the API knows the session no more. */
export function sessionFetch({ csrfToken }: SessionView, onEnd: () => void): typeof fetch {
  return async (input, init = {}) => {
    const headers = new Headers(init.headers);
    if (csrfToken !== null) headers.set('x-csrf-token', csrfToken);
    const response = await fetch(input, { ...init, headers });
    if (response.status === 401) onEnd();
    return response;
  };
}
