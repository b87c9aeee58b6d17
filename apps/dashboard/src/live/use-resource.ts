import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { useSession } from '../session/session-context.ts';
import { type Concern, concerns } from './concerns.ts';

/** Changes that come close together are read once, this long after the first; a list of all jobs is dear to read. */
const GATHER_MS = 700;
const GATHER_ALL_MS = 3_000;
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
 * @param slowPollMs time between two looks while the stream is there, for what it tells nothing of
 */
export function useResource<T>(
  identity: string,
  load: (signal: AbortSignal) => Promise<T>,
  about: readonly Concern[],
  slowPollMs: number = SLOW_POLL_MS,
): Resource<T> {
  const { feed } = useSession();
  const [state, setState] = useState<{ identity: string; value: T | null; error: Error | null }>({
    identity,
    value: null,
    error: null,
  });
  const latest = useRef({ load, about, slowPollMs });
  latest.current = { load, about, slowPollMs };
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
          schedule(
            isStale ? GATHER_MS : feed.status() === 'live' || document.hidden ? latest.current.slowPollMs : POLL_MS,
          );
      }
    };

    let wakeTimer: ReturnType<typeof setTimeout> | undefined;
    let wakeAt = Number.POSITIVE_INFINITY;
    const unsubscribe = feed.subscribe((message) => {
      if (message.kind === 'disconnected') schedule(POLL_MS);
      if (!concerns(message, latest.current.about)) return;
      const isDear = message.kind === 'hint' && latest.current.about.includes('progress');
      const at = performance.now() + (isDear ? GATHER_ALL_MS : GATHER_MS);
      if (at >= wakeAt) return; // a look is due earlier and will see this too
      clearTimeout(wakeTimer);
      wakeAt = at;
      wakeTimer = setTimeout(() => {
        wakeAt = Number.POSITIVE_INFINITY;
        void read();
      }, at - performance.now());
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
      clearTimeout(wakeTimer);
      unsubscribe();
      document.removeEventListener('visibilitychange', onVisible);
    };
  }, [identity, feed]);

  const reload = useCallback(() => wake.current(), []);
  // A value of the old identity must not be drawn under the new one, not even for one frame.
  const isCurrent = state.identity === identity;
  return { value: isCurrent ? state.value : null, error: isCurrent ? state.error : null, reload };
}
