import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { atMost, type Row } from './row.ts';

const CHILD = fileURLToPath(new URL('report-child.ts', import.meta.url));

/** What `report` of twenty metrics costs a method, with the messages that it causes. */
export const reportCost: Row = async () => {
  const child = fork(CHILD, { execArgv: process.execArgv, serialization: 'advanced' });
  const messages: unknown[] = [];
  child.on('message', (message) => messages.push(message));
  await once(child, 'exit');
  const result = messages.find(
    (one): one is { reportUs: number; share: number } => typeof one === 'object' && one !== null && 'reportUs' in one,
  );
  if (result === undefined) throw new Error('the reporting process told nothing');
  return [atMost('report.us', result.reportUs, 20), atMost('report.shareOfStep', result.share, 0.01)];
};
