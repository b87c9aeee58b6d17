/** One of the jobs that a method cuts a large job into. */
export interface JobPart {
  /** unique among the parts; references of the other configs name the part by it */
  ref: string;
  /** what it does of the whole, in a few words; follows the name of the whole job */
  name: string;
  /** resolved; a `fromJob` may be the ref of a part that comes earlier */
  config: unknown;
}

/** A job as the pool runs it: parts, then the job itself, which begins when all of them have succeeded. */
export interface CutJob {
  parts: readonly JobPart[];
  /** of the job itself; reads what the parts leave, by their refs */
  config: unknown;
}
