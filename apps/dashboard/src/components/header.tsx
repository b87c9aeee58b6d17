import { useFeedStatus } from '../live/use-feed-status.ts';
import { useSession } from '../session/session-context.ts';

const PAGES = [
  { path: 'jobs', title: 'Jobs' },
  { path: 'submit', title: 'Submit' },
  { path: 'cluster', title: 'Queue & workers' },
] as const;

const STATUS_TITLES = {
  connecting: 'The change feed is being opened.',
  live: 'Changes arrive as they happen.',
  polling: 'The change feed is away; the page asks every few seconds.',
} as const;

/** Name, pages and the state of the connection, above every page. */
export function Header({ current }: { current: string }) {
  const { signOut } = useSession();
  const status = useFeedStatus();
  return (
    <header class="header">
      <a class="brand" href="#/jobs">
        <svg viewBox="0 0 16 16" width="18" height="18" aria-hidden="true">
          <path
            d="M2 3h12l-2.200 8.200A2.400 2.400 0 0 1 9.500 13h-3A2.400 2.400 0 0 1 4.200 11.200z"
            fill="currentColor"
          />
        </svg>
        Crucible
      </a>
      <nav class="pages" aria-label="Pages">
        {PAGES.map(({ path, title }) => (
          <a key={path} href={`#/${path}`} aria-current={current === path ? 'page' : undefined}>
            {title}
          </a>
        ))}
      </nav>
      <span class={`feed feed-${status}`} role="status" title={STATUS_TITLES[status]}>
        {status}
      </span>
      <a class="docs-link" href="/docs">
        API
      </a>
      <button type="button" class="button small" onClick={signOut}>
        Sign out
      </button>
    </header>
  );
}
