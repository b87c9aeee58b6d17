import { LOG_SECRETS } from '@crucible/telemetry';
import { type DestinationStream, type Logger, pino } from 'pino';

/**
 * JSON lines on standard error: standard output belongs to the one line that says where the service listens.
 *
 * @param destination for tests
 */
export const createLogger = (level: string, destination: DestinationStream = pino.destination(2)): Logger =>
  pino({ level, ...LOG_SECRETS }, destination);
