import { type EngineName, EngineUnavailableError } from '../engine-error.ts';

const ABSENT = new Set(['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND']);

/**
 * Imports a package that need not be installed. Its name is no literal, so that the compiler does without it too.
 *
 * @throws EngineUnavailableError `not-installed`, or `library-missing` if it is there and does not load
 */
export async function importOptional<Exports>(engine: EngineName, specifier: string): Promise<Exports> {
  try {
    return (await import(specifier)) as Exports;
  } catch (cause) {
    const isAbsent = ABSENT.has((cause as NodeJS.ErrnoException).code ?? '');
    const message = cause instanceof Error ? cause.message : String(cause);
    const reason = isAbsent ? `the package ${specifier} is not installed, or not for this platform` : message;
    throw new EngineUnavailableError(engine, isAbsent ? 'not-installed' : 'library-missing', reason, cause);
  }
}
