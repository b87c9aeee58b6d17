import { resolveJobId } from '../job-id.ts';
import { jobLines } from '../job-text.ts';
import { numberOf } from '../numbers.ts';
import type { Verb } from '../verb.ts';
import { waitForJob } from '../wait-for-job.ts';

export const watch: Verb = {
  usage: 'ID',
  summary: 'follow a job to its end; exit 3 if it failed, 4 if it was canceled',
  help: ['--timeout SECONDS  longest wait; exit 5 after it'],
  options: { timeout: { type: 'string' } },
  arity: [1, 1],
  async run(context, [word = ''], values) {
    const id = await resolveJobId(context.client, word);
    const { job, code } = await waitForJob(context, id, numberOf(values, 'timeout'));
    if (context.json) context.print(JSON.stringify(job));
    else for (const line of jobLines(job, Date.now())) context.print(line);
    return code;
  },
};
