const NAME = 'crucible-key';

/**
 * Takes a key from an address such as `#key=crk_...` or `#key=crk_...&to=/jobs/ID`, keeps it for this tab and wipes it
 * from the address, so that neither a bookmark nor a screenshot carries it.
 */
export function takeKeyFromAddress(): void {
  const hash = window.location.hash.replace(/^#/, '');
  if (!hash.startsWith('key=')) return;
  const values = new URLSearchParams(hash);
  storeKey(values.get('key') ?? '');
  window.location.replace(`#${values.get('to') ?? '/jobs'}`); // unlike replaceState it also wakes the router
}

/** The key of this tab, null when there is none. */
export const storedKey = (): string | null => sessionStorage.getItem(NAME);

/** Keeps `key` until the tab is closed; null forgets it. */
export function storeKey(key: string | null): void {
  if (key === null || key === '') sessionStorage.removeItem(NAME);
  else sessionStorage.setItem(NAME, key);
}
