import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { useSession } from '../session/session-context.ts';
import { type Concern, concerns } from './concerns.ts';

/** Changes that come close together are read once, this long after the first. */
const GATHER_MS = 700;
/** Between two looks without a stream, and with one as a safety net. */
const POLL_MS = 4_000;
const SLOW_POLL_MS = 30_000;

export interface Resource<T> {
  /** last value read, null before the first; it stays while a later read fails */
  value: T | null;
  error: Error | null;
  reload(): void;
}

/**
 * Reads something and keeps it fresh: by hints of the stream where there is one, by polling where not. The client
 * answers an unchanged document from its ETag, so that a look without news costs one small request.
 *
 * @param identity what is read; when it changes the old value is dropped and `load` called anew
 */
export function useResource<T>(
  identity: string,
  load: (signal: AbortSignal) => Promise<T>,
  about: readonly Concern[],
): Resource<T> {
  const { feed } = useSession();
  const [state, setState] = useState<{ identity: string; value: T | null; error: Error | null }>({
    identity,
    value: null,
    error: null,
  });
  const latest = useRef({ load, about });
  latest.current = { load, about };
  const wake = useRef<() => void>(() => {});

  // `identity` stands for what `load` and `about` close over: they are new functions at every rendering.
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isReading = false;
    let isStale = false;

    const schedule = (ms: number) => {
      clearTimeout(timer);
      timer = setTimeout(() => void read(), ms);
    };
    const read = async (): Promise<void> => {
      if (isReading) {
        isStale = true;
        return;
      }
      isReading = true;
      isStale = false;
      try {
        const value = await latest.current.load(abort.signal);
        if (!abort.signal.aborted)
          setState((old) =>
            old.identity === identity && old.value === value && old.error === null
              ? old
              : { identity, value, error: null },
          );
      } catch (cause) {
        if (abort.signal.aborted) return;
        const error = cause instanceof Error ? cause : new Error(String(cause));
        setState((old) => ({ identity, value: old.identity === identity ? old.value : null, error }));
      } finally {
        isReading = false;
        if (!abort.signal.aborted)
          schedule(isStale ? GATHER_MS : feed.status() === 'live' || document.hidden ? SLOW_POLL_MS : POLL_MS);
      }
    };

    let isGathering = false;
    const unsubscribe = feed.subscribe((message) => {
      if (message.kind === 'disconnected') schedule(POLL_MS);
      if (!concerns(message, latest.current.about) || isGathering) return;
      isGathering = true;
      setTimeout(() => {
        isGathering = false;
        if (!abort.signal.aborted) void read();
      }, GATHER_MS);
    });
    const onVisible = () => {
      if (!document.hidden) void read();
    };
    document.addEventListener('visibilitychange', onVisible);
    wake.current = () => void read();
    void read();
    return () => {
      abort.abort();
      clearTimeout(timer);
      unsubscribe();
      document.removeEventListener('visibilitychange', onVisible);
    };
  }, [identity, feed]);

  const reload = useCallback(() => wake.current(), []);
  // A value of the old identity must not be drawn under the new one, not even for one frame.
  const isCurrent = state.identity === identity;
  return { value: isCurrent ? state.value : null, error: isCurrent ? state.error : null, reload };
}
