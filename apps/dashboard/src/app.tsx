import { createClient } from '@crucible/client';
import type { SessionView } from '@crucible/contracts';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { Header } from './components/header.tsx';
import { Empty, messageOf } from './components/notice.tsx';
import { createLiveFeed } from './live/live-feed.ts';
import { ClusterPage } from './routes/cluster/cluster-page.tsx';
import { JobPage } from './routes/job/job-page.tsx';
import { JobsPage } from './routes/jobs/jobs-page.tsx';
import { SubmitPage } from './routes/submit/submit-page.tsx';
import type { Location } from './routing/location.ts';
import { useLocation } from './routing/use-location.ts';
import { currentSession, sessionFetch, signIn, takeKeyFromAddress } from './session/browser-session.ts';
import { createMethodReader } from './session/method-reader.ts';
import { SessionContext } from './session/session-context.ts';
import { SignIn } from './session/sign-in.tsx';

const REFUSED = 'The API refused the key.';
const ENDED = 'The session has ended: sign in again.';

/** Taken before the first render: the router must not see it. */
const keyOfAddress = takeKeyFromAddress();

/** What is known of the sign-in. `asking`: the API has not answered yet. */
type SignInState = { kind: 'asking' } | { kind: 'out'; problem: string | null } | { kind: 'in'; view: SessionView };

/** The whole dashboard: asks for a key where there is no session, else the page that the address names. */
export function App() {
  const [state, setState] = useState<SignInState>({ kind: 'asking' });
  const location = useLocation();

  const settle = async (asking: Promise<SessionView | null>, refusal: string | null): Promise<void> => {
    try {
      const view = await asking;
      setState(view === null ? { kind: 'out', problem: refusal } : { kind: 'in', view });
    } catch (error) {
      setState({ kind: 'out', problem: messageOf(error) });
    }
  };
  const enter = (key: string) => settle(signIn(key), REFUSED);

  useEffect(() => {
    if (keyOfAddress === null) void settle(currentSession(), null);
    else void enter(keyOfAddress);
    // An address with a key may also be opened in a tab that is signed in already.
    const onChange = () => {
      const key = takeKeyFromAddress();
      if (key !== null) void enter(key);
    };
    window.addEventListener('hashchange', onChange);
    return () => window.removeEventListener('hashchange', onChange);
  }, []);

  const view = state.kind === 'in' ? state.view : null;
  const session = useMemo(() => {
    if (view === null) return null;
    const client = createClient({
      baseUrl: '',
      fetch: sessionFetch(view, () => setState({ kind: 'out', problem: ENDED })),
    });
    return {
      client,
      feed: createLiveFeed(client),
      methodOf: createMethodReader(client),
      signOut: () => {
        void client.signOut().catch(() => {}); // an unreachable API cannot take the cookie; it ends by itself
        setState({ kind: 'out', problem: null });
      },
    };
  }, [view]);
  useEffect(() => () => session?.feed.stop(), [session]);

  if (state.kind === 'asking') return <main class="page" aria-busy="true" />;
  if (session === null) return <SignIn problem={state.kind === 'out' ? state.problem : null} onKey={enter} />;
  return (
    <SessionContext.Provider value={session}>
      <Header current={location.path[0] ?? 'jobs'} />
      <main class="page">
        <Page location={location} />
      </main>
    </SessionContext.Provider>
  );
}

function Page({ location }: { location: Location }) {
  const [page = 'jobs', id] = location.path;
  if (page === 'jobs' && id !== undefined) return <JobPage key={id} id={id} query={location.query} />;
  if (page === 'jobs') return <JobsPage query={location.query} />;
  if (page === 'submit') return <SubmitPage query={location.query} />;
  if (page === 'cluster') return <ClusterPage />;
  return (
    <Empty>
      There is no page “{page}”. <a href="#/jobs">Go to the jobs.</a>
    </Empty>
  );
}
