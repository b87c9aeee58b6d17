import { createClient } from '@crucible/client';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { Header } from './components/header.tsx';
import { Empty } from './components/notice.tsx';
import { createLiveFeed } from './live/live-feed.ts';
import { ClusterPage } from './routes/cluster/cluster-page.tsx';
import { JobPage } from './routes/job/job-page.tsx';
import { JobsPage } from './routes/jobs/jobs-page.tsx';
import { SubmitPage } from './routes/submit/submit-page.tsx';
import type { Location } from './routing/location.ts';
import { useLocation } from './routing/use-location.ts';
import { storedKey, storeKey, takeKeyFromAddress } from './session/key-store.ts';
import { createMethodReader } from './session/method-reader.ts';
import { SessionContext } from './session/session-context.ts';
import { SignIn } from './session/sign-in.tsx';

takeKeyFromAddress();

/** The whole dashboard: asks for a key where there is none, else the page that the address names. */
export function App() {
  const [key, setKey] = useState(storedKey);
  const [wasRefused, setWasRefused] = useState(false);
  const location = useLocation();

  useEffect(() => {
    // An address with a key may also be opened in a tab that is signed in already.
    const onChange = () => {
      takeKeyFromAddress();
      if (storedKey() !== null) setKey(storedKey());
    };
    window.addEventListener('hashchange', onChange);
    return () => window.removeEventListener('hashchange', onChange);
  }, []);

  const session = useMemo(() => {
    if (key === null) return null;
    const leave = (refused: boolean) => {
      storeKey(null);
      setWasRefused(refused);
      setKey(null);
    };
    const client = createClient({
      baseUrl: '',
      key,
      fetch: async (input, init) => {
        const response = await fetch(input, init);
        if (response.status === 401) leave(true);
        return response;
      },
    });
    return {
      client,
      feed: createLiveFeed(client),
      methodOf: createMethodReader(client),
      signOut: () => leave(false),
    };
  }, [key]);
  useEffect(() => () => session?.feed.stop(), [session]);

  if (session === null)
    return (
      <SignIn
        wasRefused={wasRefused}
        onKey={(accepted) => {
          storeKey(accepted);
          setKey(accepted);
        }}
      />
    );
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
