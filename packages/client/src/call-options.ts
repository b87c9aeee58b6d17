/** What every call takes. */
export interface CallOptions {
  /** gives the call up */
  signal?: AbortSignal | undefined;
}
