import { CHECKPOINT_TARGETS, measureCheckpoint } from './checkpoint.ts';
import { atMost, type Row } from './row.ts';

/** A checkpoint of 100 MB, stored and restored by a worker's own code. */
export const checkpoint: Row = async ({ databaseUrl }) => {
  const { writeMs, restoreMs, rssMib } = await measureCheckpoint({ databaseUrl });
  return [
    atMost('checkpoint100Mb.writeMs', writeMs, CHECKPOINT_TARGETS.writeMs),
    atMost('checkpoint100Mb.restoreMs', restoreMs, CHECKPOINT_TARGETS.restoreMs),
    atMost('checkpoint100Mb.rssMib', rssMib, CHECKPOINT_TARGETS.rssMib),
  ];
};
