export { type AppDeps, buildApp } from './app.ts';
export { type Config, loadConfig } from './config.ts';
export type { FeedHub } from './feed/hub.ts';
export { type Election, startElection } from './leader/election.ts';
export { createLogger } from './logger.ts';
export type { RateLimits } from './plugins/rate-limits.ts';
export { DispatchQueues } from './queue/dispatch-queues.ts';
export { type Service, startService } from './server.ts';
