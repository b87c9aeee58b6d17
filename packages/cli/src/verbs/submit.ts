import { readFileSync } from 'node:fs';
import type { BatchedRequest, SubmitRequest } from '@crucible/client';
import { EXIT, type ExitCode, UsageError } from '../exit-code.ts';
import { jobLines } from '../job-text.ts';
import { numberOf } from '../numbers.ts';
import { configOfSets, isRecord, layered } from '../set-paths.ts';
import { type OptionValues, textOf, textsOf, type Verb, type VerbContext } from '../verb.ts';
import { waitForJob } from '../wait-for-job.ts';

export const submit: Verb = {
  usage: '[FILE] [--method ID]',
  summary: 'submit a job from a JSON file, from options, or from both (options win); a file {"jobs": [...]} is a batch',
  help: [
    '--method ID        method, see `methods`',
    '--preset NAME      named config of the method',
    '--set a.b=VALUE    one value of the config; may be repeated',
    '--seed N           all randomness of the job',
    '--name TEXT        shown in every list',
    '--priority N       0 to 100, larger runs sooner',
    '--tag KEY=VALUE    free label; may be repeated',
    '--wait             stay until the job has ended; exit 3 if it failed, 4 if it was canceled',
    '--timeout SECONDS  longest wait; exit 5 after it',
  ],
  options: {
    method: { type: 'string' },
    preset: { type: 'string' },
    set: { type: 'string', multiple: true },
    seed: { type: 'string' },
    name: { type: 'string' },
    priority: { type: 'string' },
    tag: { type: 'string', multiple: true },
    wait: { type: 'boolean' },
    timeout: { type: 'string' },
  },
  arity: [0, 1],
  async run(context, [file], values) {
    const fromFile = file === undefined ? {} : readBody(file);
    if ('jobs' in fromFile) return submitBatch(context, fromFile, values);
    const method = textOf(values, 'method') ?? fromFile.method;
    if (typeof method !== 'string') throw new UsageError('Name a method: --method ID, or "method" in the file.');
    const fileConfig = fromFile.config ?? {};
    if (!isRecord(fileConfig)) throw new UsageError(`"config" of ${file} must be an object.`);
    const body: SubmitRequest = {
      ...fromFile,
      ...given({
        preset: textOf(values, 'preset'),
        seed: numberOf(values, 'seed'),
        name: textOf(values, 'name'),
        priority: numberOf(values, 'priority'),
      }),
      method,
      config: layered(fileConfig, configOfSets(textsOf(values, 'set'))),
    };
    const tags = Object.fromEntries(textsOf(values, 'tag').map(tagOf));
    if (Object.keys(tags).length > 0) body.tags = { ...body.tags, ...tags };

    const job = await context.client.submit(body);
    if (values.wait !== true) {
      context.print(context.json ? JSON.stringify(job) : job.id);
      return EXIT.done;
    }
    context.note(job.id);
    const end = await waitForJob(context, job.id, numberOf(values, 'timeout'));
    if (context.json) context.print(JSON.stringify(end.job));
    else for (const line of jobLines(end.job, Date.now())) context.print(line);
    return end.code;
  },
};

/** Submits all jobs of a file, or none; prints their ids in the order of the file. */
async function submitBatch(
  { client, json, print }: VerbContext,
  { jobs, ...others }: { jobs?: unknown },
  values: OptionValues,
): Promise<ExitCode> {
  if (!Array.isArray(jobs) || Object.keys(others).length > 0)
    throw new UsageError('A batch file holds {"jobs": [...]} and nothing else.');
  if (Object.keys(values).some((name) => name !== 'json'))
    throw new UsageError('A batch takes no options beside --json: write them into its jobs.');
  const data = await client.submitBatch(jobs as BatchedRequest[]);
  if (json) print(JSON.stringify({ data }));
  else for (const { id, ref } of data) print(ref === null ? id : `${id} ${ref}`);
  return EXIT.done;
}

/** The document of a file. Its keys are not checked here: the API names every unknown one. */
function readBody(file: string): Partial<SubmitRequest> & { jobs?: unknown } {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new UsageError(`${file} cannot be read as JSON: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
  if (!isRecord(content)) throw new UsageError(`${file} must hold an object such as {"method": "zen-nas"}.`);
  return content;
}

const given = <T extends Record<string, unknown>>(values: T): { [K in keyof T]?: NonNullable<T[K]> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };

function tagOf(text: string): [string, string] {
  const sign = text.indexOf('=');
  if (sign < 1) throw new UsageError(`--tag takes KEY=VALUE, not "${text}".`);
  return [text.slice(0, sign), text.slice(sign + 1)];
}
