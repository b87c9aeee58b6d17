/**
 * The right of an attempt to write. The fence rises with every dispatch and cancel of the job, so that a writer
 * which lost its job changes nothing and is told `stale-fence`.
 */
export interface AttemptFence {
  attemptId: string;
  fence: number;
}
