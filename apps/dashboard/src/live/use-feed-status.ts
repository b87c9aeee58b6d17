import { useEffect, useState } from 'preact/hooks';
import { useSession } from '../session/session-context.ts';
import type { FeedStatus } from './live-feed.ts';

/** Whether changes arrive by the stream now. */
export function useFeedStatus(): FeedStatus {
  const { feed } = useSession();
  const [status, setStatus] = useState<FeedStatus>(feed.status());
  useEffect(() => {
    setStatus(feed.status());
    return feed.subscribe(() => setStatus(feed.status()));
  }, [feed]);
  return status;
}
