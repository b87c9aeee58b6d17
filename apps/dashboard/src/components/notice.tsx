import { CrucibleError } from '@crucible/contracts';
import type { ComponentChildren } from 'preact';

/** What to tell a person about a failure, in one sentence. */
export function messageOf(error: unknown): string {
  if (error instanceof CrucibleError) return error.message;
  return error instanceof Error ? error.message : String(error);
}

/** Shown where a value will be, until it is there. */
export function Loading({ what }: { what: string }) {
  return (
    <p class="notice loading" role="status">
      Reading {what}…
    </p>
  );
}

/** Shown in place of an empty list; the children say what would fill it. */
export function Empty({ children }: { children: ComponentChildren }) {
  return <p class="notice empty">{children}</p>;
}

interface FailureProps {
  what: string;
  error: Error;
  onRetry?: () => void;
}

/** Shown when something could not be read; what was read before stays below it. */
export function Failure({ what, error, onRetry }: FailureProps) {
  return (
    <div class="notice failure" role="alert">
      <p>
        <strong>Could not read {what}.</strong> {messageOf(error)}
      </p>
      {onRetry !== undefined && (
        <button type="button" class="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}
