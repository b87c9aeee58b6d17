import { useEffect, useState } from 'preact/hooks';
import { type Location, parseHash } from './location.ts';

/** The current location; the component renders again whenever the hash changes. */
export function useLocation(): Location {
  const [location, setLocation] = useState(() => parseHash(window.location.hash));
  useEffect(() => {
    const onChange = () => setLocation(parseHash(window.location.hash));
    window.addEventListener('hashchange', onChange);
    return () => window.removeEventListener('hashchange', onChange);
  }, []);
  return location;
}

/** Goes to `hash`. `replace` leaves no entry in the history: for filters that change with every key stroke. */
export function navigate(hash: string, how: 'push' | 'replace' = 'push'): void {
  if (how === 'push') window.location.hash = hash;
  else window.location.replace(hash);
}
