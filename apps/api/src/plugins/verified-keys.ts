import { createHash } from 'node:crypto';
import { CHANNELS, type Listener, type VerifiedKey } from '@crucible/store';
import plugin from 'fastify-plugin';

/** API keys that were verified a moment ago, so that not every request asks the database. */
export interface VerifiedKeys {
  /** Whose key this is; null when it is unknown, expired or revoked, or its user has no role any more. */
  verify(key: string): Promise<VerifiedKey | null>;
  /** Forgets every key: what one may do may have changed. */
  forget(): void;
}

declare module 'fastify' {
  interface FastifyInstance {
    verifiedKeys: VerifiedKeys;
  }
}

/** A notification that was lost hides a change no longer than this. */
const MAX_AGE_MS = 30_000;
const MAX_KEPT = 10_000;

/** The secret itself is not kept in memory. */
const fingerprintOf = (key: string): string => createHash('sha256').update(key).digest('base64');

/** Keeps what `verify` told for 30 seconds, never beyond the expiry of the key or a call of `forget`. */
export function keepVerified(verify: VerifiedKeys['verify']): VerifiedKeys {
  let kept = new Map<string, { verified: VerifiedKey; untilMs: number }>();
  return {
    async verify(key) {
      const fingerprint = fingerprintOf(key);
      const known = kept.get(fingerprint);
      if (known !== undefined && known.untilMs > Date.now()) return known.verified;
      const into = kept; // another one by the time of the answer: it may be old already
      const verified = await verify(key);
      if (verified === null) into.delete(fingerprint);
      else {
        if (into.size >= MAX_KEPT) into.clear();
        into.set(fingerprint, {
          verified,
          untilMs: Math.min(Date.now() + MAX_AGE_MS, Date.parse(verified.expiresAt)),
        });
      }
      return verified;
    },
    forget() {
      kept = new Map();
    },
  };
}

/** Cut at once by every change of keys, memberships and users, whichever process commits it. */
export const verifiedKeysPlugin = plugin(
  async (app) => {
    const keys = keepVerified((key) => app.store.keys.verify(key));
    let listener: Listener | null = null;
    app.decorate('verifiedKeys', keys);
    app.addHook('onReady', async () => {
      listener = await app.store.listen(CHANNELS.access, () => keys.forget());
    });
    app.addHook('onClose', async () => {
      await listener?.close();
    });
  },
  { name: 'verified-keys', dependencies: ['store'] },
);
