/** Members of logged objects that hold a secret, wherever they stand: at the top, one or two levels below. */
const SECRET_MEMBERS = [
  'authorization',
  'cookie',
  'apiKey',
  'key',
  'secret',
  'password',
  'token',
  'databaseUrl',
  'redisUrl',
  'DATABASE_URL',
  'REDIS_URL',
];

/** The id of a key may be shown, it names whose key it is. */
const API_KEY = /\b(crk_[A-Za-z0-9]+)_[A-Za-z0-9_-]{20,}/g;
const URL_PASSWORD = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@"]*):[^\s@/"]+@/g;

/** `line` without the secrets of API keys and the passwords of addresses, wherever in a text they stand. */
export const hideSecrets = (line: string): string =>
  line.replace(API_KEY, '$1_[hidden]').replace(URL_PASSWORD, '$1:[hidden]@');

/**
 * What keeps secrets out of a pino log: members by their name, and texts by their form, as in the message of an error.
 * For the options of `pino`.
 */
export const LOG_SECRETS = {
  redact: {
    paths: SECRET_MEMBERS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
    censor: '[hidden]',
  },
  hooks: { streamWrite: hideSecrets },
};
