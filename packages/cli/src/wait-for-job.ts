import type { JobView } from '@crucible/contracts';
import { type ExitCode, exitCodeOfState, WaitTimeout } from './exit-code.ts';
import { jobNews } from './job-text.ts';
import type { VerbContext } from './verb.ts';

/** Between two looks at a job whose state stands still but whose progress may move. */
const LOOK_MS = 2000;

/**
 * Follows a job to its end, telling every change on the standard error.
 *
 * @param timeoutSeconds longest wait; undefined: for ever
 * @throws WaitTimeout
 */
export async function waitForJob(
  context: VerbContext,
  id: string,
  timeoutSeconds: number | undefined,
): Promise<{ job: JobView; code: ExitCode }> {
  const timeout = new AbortController();
  const timer =
    timeoutSeconds === undefined
      ? undefined
      : setTimeout(
          () => timeout.abort(new WaitTimeout(`The job has not ended within ${timeoutSeconds} s.`)),
          timeoutSeconds * 1000,
        );
  let last = '';
  let isTelling = false;
  const tell = async () => {
    if (isTelling) return;
    isTelling = true;
    try {
      const job = await context.client.job(id, { signal: timeout.signal });
      const news = `${job.state} ${jobNews(job)}`.trim();
      if (news !== last) context.note(news);
      last = news;
    } catch {
      // the wait itself meets the same failure and reports it
    } finally {
      isTelling = false;
    }
  };
  const telling = setInterval(() => void tell(), LOOK_MS);
  try {
    await tell();
    const job = await context.client.waitFor(id, { signal: timeout.signal });
    return { job, code: exitCodeOfState(job.state) };
  } finally {
    clearInterval(telling);
    clearTimeout(timer);
  }
}
