import { parseArgs } from 'node:util';
import { createClient } from '@crucible/client';
import { CrucibleError } from '@crucible/contracts';
import { loadConfig } from './config.ts';
import { EXIT, type ExitCode, exitCodeOf, UsageError } from './exit-code.ts';
import type { Verb, VerbContext } from './verb.ts';
import { artifacts } from './verbs/artifacts.ts';
import { ckpt } from './verbs/ckpt.ts';
import { cordon, drain, queue, uncordon, undrain, workers } from './verbs/cluster.ts';
import { cancel, fork, kill, pause, resume, retry } from './verbs/commands.ts';
import { logs } from './verbs/logs.ts';
import { methods } from './verbs/methods.ts';
import { metrics } from './verbs/metrics.ts';
import { ps } from './verbs/ps.ts';
import { show } from './verbs/show.ts';
import { submit } from './verbs/submit.ts';
import { watch } from './verbs/watch.ts';

/** Every verb in the order in which the help lists them. */
export const VERBS: Readonly<Record<string, Verb>> = {
  methods,
  submit,
  ps,
  show,
  logs,
  metrics,
  watch,
  pause,
  resume,
  cancel,
  kill,
  retry,
  fork,
  artifacts,
  ckpt,
  queue,
  workers,
  cordon,
  uncordon,
  drain,
  undrain,
};

export interface RunOptions extends Pick<VerbContext, 'print' | 'note'> {
  env: NodeJS.ProcessEnv;
}

/** Runs one command line (without program name) and says how it ended; never rejects. */
export async function run(args: readonly string[], { env, print, note }: RunOptions): Promise<ExitCode> {
  const [name = 'help', ...rest] = args;
  if (['help', '--help', '-h'].includes(name)) {
    for (const line of overview()) print(line);
    return EXIT.done;
  }
  const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  try {
    if (verb === undefined)
      throw new UsageError(`There is no verb "${name}"; known are ${Object.keys(VERBS).join(', ')}.`);
    const { values, positionals } = parsed(verb, rest);
    if (values.help === true) {
      for (const line of verbHelp(name, verb)) print(line);
      return EXIT.done;
    }
    const [least, most] = verb.arity;
    if (positionals.length < least || positionals.length > most) throw new UsageError(`usage: ${name} ${verb.usage}`);
    const { url, key } = loadConfig(env);
    const client = createClient({ baseUrl: url, key });
    return await verb.run({ client, json: values.json === true, print, note }, positionals, values);
  } catch (error) {
    for (const line of errorLines(error)) note(line);
    return exitCodeOf(error);
  }
}

function parsed(verb: Verb, args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { ...verb.options, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    });
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

const overview = (): string[] => [
  'Verbs for a running Crucible. Address and key: CRUCIBLE_URL and CRUCIBLE_KEY, or ~/.config/crucible/config.json.',
  '',
  ...Object.entries(VERBS).map(([name, { usage, summary }]) => `  ${`${name} ${usage}`.padEnd(32)} ${summary}`),
  '',
  'Every verb takes --json (print the documents of the API) and --help. An ID may be shortened; @last is the newest job.',
  'Exit codes: 0 done, 1 error, 2 usage, 3 job failed, 4 job canceled, 5 timeout, 6 key refused, 7 not found, 8 conflict, 9 unavailable.',
];

const verbHelp = (name: string, verb: Verb): string[] => [
  `usage: ${name} ${verb.usage}`.trimEnd(),
  verb.summary,
  ...[...verb.help, '--json  print the documents of the API'].map((line) => `  ${line}`),
];

function errorLines(error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)];
  if (!(error instanceof CrucibleError)) return [error.message];
  return [`${error.code}: ${error.message}`, ...error.faults.map(({ pointer, message }) => `  ${pointer} ${message}`)];
}
