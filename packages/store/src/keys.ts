/** An API key as it may be shown: without its secret. Times are RFC 3339. */
export interface ApiKeyView {
  id: string;
  name: string;
  createdAt: string;
  expiresAt: string;
  lastUsedAt: string | null;
  revokedAt: string | null;
}

export interface VerifiedKey {
  id: string;
  name: string;
}

/** API keys of the form `crk_ID_SECRET`. Only the SHA-256 of the secret is kept. */
export interface Keys {
  /**
   * Makes a key. The `key` cannot be shown again.
   *
   * @param days until it expires @defaultValue 90
   */
  create(name: string, days?: number): Promise<{ id: string; key: string }>;
  /** Whose key this is; null when it is malformed, unknown, expired or revoked. */
  verify(key: string): Promise<VerifiedKey | null>;
  /** Newest first. */
  list(): Promise<ApiKeyView[]>;
  /** @throws `not-found` */
  revoke(id: string): Promise<void>;
}
