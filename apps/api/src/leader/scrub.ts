import type { Checkpoints } from '@crucible/store';
import type { FastifyBaseLogger } from 'fastify';

/** Between two passes. Each reads so few chunks that nobody notices. */
export const SCRUB_MS = 60_000;

/** Days within which every stored chunk is read again, unless the configuration says otherwise. */
export const SCRUB_DAYS = 14;

const DAY_MS = 86_400_000;

/** Reads the chunks that were not read for longest, and says aloud what is damaged. */
export async function scrub(
  checkpoints: Pick<Checkpoints, 'scrub'>,
  days: number,
  log: Pick<FastifyBaseLogger, 'error'>,
): Promise<void> {
  const { damaged, corrupt } = await checkpoints.scrub(SCRUB_MS / (days * DAY_MS));
  if (damaged.length > 0) log.error({ damaged, corrupt }, 'stored bytes are damaged; their checkpoints are out of use');
}
