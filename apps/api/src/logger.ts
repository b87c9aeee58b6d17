import { type DestinationStream, type Logger, pino } from 'pino';

/** Places where a key or a password may stand. */
const SECRET_PATHS = [
  'authorization',
  'headers.authorization',
  'req.headers.authorization',
  'request.headers.authorization',
  'apiKey',
  'secret',
  'password',
  'databaseUrl',
  'redisUrl',
  'config.databaseUrl',
  'config.redisUrl',
];

/**
 * JSON lines on standard error: standard output belongs to the one line that says where the service listens.
 *
 * @param destination for tests
 */
export const createLogger = (level: string, destination: DestinationStream = pino.destination(2)): Logger =>
  pino({ level, redact: { paths: SECRET_PATHS, censor: '[hidden]' } }, destination);
