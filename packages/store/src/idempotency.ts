/** A command that a client may send again with the same key, see the `Idempotency-Key` header. */
export interface IdempotentRequest {
  /** id of the API key that asks */
  principal: string;
  /** method and path of the request: `POST /v1/jobs`, `POST /v1/jobs/ID/cancel` */
  route: string;
  key: string;
  /** SHA-256 of the canonical body */
  fingerprint: string;
}

/** What a command answers; `isReplayed` when it was carried out by an earlier request with the same key. */
export interface Answer<T> {
  value: T;
  isReplayed: boolean;
}

/** The stored answers, which live for a day. They are written in the transaction of the effect. */
export interface Idempotency {
  /** Deletes answers past their day; returns how many. */
  sweep(): Promise<number>;
}
