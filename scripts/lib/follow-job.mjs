import { readEvents } from './event-stream.mjs';
import { sleep } from './process.mjs';

/** A job is looked at when the stream tells of a change, at most this often, and without news at the second interval. */
const SHORTEST_MS = 250;
const LONGEST_MS = 1000;
const LIVE_STATES = ['queued', 'running', 'stopping'];
/** How often the API may fail to answer in a row before following is given up. */
const FAILURES_ALLOWED = 20;

/**
 * Listens to the job's stream and calls `onNews` on each event; reconnects until aborted. A stream that fails costs
 * nothing but time: the job is polled as well.
 */
async function listen(client, id, onNews, signal) {
  while (!signal.aborted) {
    try {
      for await (const _event of readEvents(await client.stream(`/v1/stream?topics=job:${id}`, signal))) onNews();
    } catch {
      // refused or cut off: try again below
    }
    if (!signal.aborted) await sleep(LONGEST_MS);
  }
}

/**
 * Follows a job to its end. The stream only wakes the reader; what is shown is always read from the job itself.
 *
 * @param {ReturnType<typeof import('./api-client.mjs').createClient>} client
 * @param {string} id
 * @param {(job: object) => void | Promise<void>} onLook called with the job each time that it was read
 * @returns {Promise<object>} the job in its final state
 */
export async function followJob(client, id, onLook) {
  const stop = new AbortController();
  let wake = () => {};
  listen(client, id, () => wake(), stop.signal);
  try {
    for (let failures = 0; ; ) {
      const woken = new Promise((resolve) => {
        wake = resolve;
      });
      try {
        const job = await client.get(`/v1/jobs/${id}`);
        failures = 0;
        await onLook(job);
        if (!LIVE_STATES.includes(job.state)) return job;
      } catch (error) {
        failures += 1;
        if (failures > FAILURES_ALLOWED) throw error;
      }
      await sleep(SHORTEST_MS);
      await Promise.race([woken, sleep(LONGEST_MS - SHORTEST_MS)]);
    }
  } finally {
    stop.abort();
  }
}
