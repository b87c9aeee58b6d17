import type { CrucibleClient } from '@crucible/client';
import type { MethodView } from '@crucible/contracts';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { LiveFeed } from '../live/live-feed.ts';

/** What every page needs of the signed-in tab. */
export interface Session {
  client: CrucibleClient;
  feed: LiveFeed;
  /** The description of a method, read once: it stands as long as the server's release does. */
  methodOf(id: string): Promise<MethodView>;
  /** Ends the session of this browser. */
  signOut(): void;
}

export const SessionContext = createContext<Session | null>(null);

/** The session of this tab. @throws Error outside of a signed-in page, which is a bug */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('There is no session around this component.');
  return session;
}
