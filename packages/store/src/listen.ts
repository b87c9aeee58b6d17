/** A subscription to notifications. */
export interface Listener {
  close(): Promise<void>;
}
