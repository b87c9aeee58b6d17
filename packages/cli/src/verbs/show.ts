import { EXIT } from '../exit-code.ts';
import { resolveJobId } from '../job-id.ts';
import { jobLines } from '../job-text.ts';
import type { Verb } from '../verb.ts';

export const show: Verb = {
  usage: 'ID',
  summary: 'show a job: state, what it waits for or how it ended, and its final values',
  help: [],
  options: {},
  arity: [1, 1],
  async run({ client, json, print }, [word = '']) {
    const job = await client.job(await resolveJobId(client, word));
    if (json) print(JSON.stringify(job));
    else for (const line of jobLines(job, Date.now())) print(line);
    return EXIT.done;
  },
};
