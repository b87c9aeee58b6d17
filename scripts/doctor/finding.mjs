/**
 * @typedef {{ ok: boolean, said: string, remedy: string | null }} Finding what an examination found
 */

/** @param {string} said @returns {Finding} */
export const ok = (said) => ({ ok: true, said, remedy: null });

/** @param {string} said @param {string} remedy @returns {Finding} */
export const problem = (said, remedy) => ({ ok: false, said, remedy });
