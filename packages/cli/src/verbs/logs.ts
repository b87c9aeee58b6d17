import { isTerminal, LOG_LEVELS, type LogLevel, type LogLine } from '@crucible/contracts';
import { EXIT, UsageError } from '../exit-code.ts';
import { resolveJobId } from '../job-id.ts';
import { textOf, type Verb } from '../verb.ts';

const PAGE_LINES = 1000;
/** Between two looks for new lines with `--follow`. */
const FOLLOW_MS = 1000;

export const logs: Verb = {
  usage: 'ID',
  summary: 'print the log of a job, oldest line first',
  help: [
    '-f, --follow   stay and print new lines until the job has ended',
    `--level LEVEL  ${LOG_LEVELS.join(', ')} and above`,
  ],
  options: { follow: { type: 'boolean', short: 'f' }, level: { type: 'string' } },
  arity: [1, 1],
  async run({ client, json, print }, [word = ''], values) {
    const id = await resolveJobId(client, word);
    const level = LOG_LEVELS.find((one) => one === textOf(values, 'level'));
    if (textOf(values, 'level') !== undefined && level === undefined)
      throw new UsageError(`--level is one of ${LOG_LEVELS.join(', ')}.`);
    const query: { level?: LogLevel; after?: string } = level === undefined ? {} : { level };
    for (;;) {
      // Asked before the lines are read: what a job wrote before its end is stored by then.
      const hasEnded = values.follow !== true || isTerminal((await client.job(id)).state);
      let lines: LogLine[];
      do {
        lines = (await client.logs(id, { ...query, limit: PAGE_LINES })).data;
        for (const line of lines) print(json ? JSON.stringify(line) : lineText(line));
        const last = lines.at(-1);
        if (last !== undefined) query.after = `${last.attempt}:${last.line}`;
      } while (lines.length === PAGE_LINES);
      if (hasEnded) return EXIT.done;
      await new Promise((done) => setTimeout(done, FOLLOW_MS));
    }
  },
};

const lineText = ({ attempt, time, level, message, fields }: LogLine): string =>
  `${time} #${attempt} ${level.padEnd(5)} ${message}${fields === null ? '' : ` ${JSON.stringify(fields)}`}`;
