import type { CheckpointView } from '@crucible/contracts';
import { EXIT, type ExitCode, UsageError } from '../exit-code.ts';
import { resolveJobId } from '../job-id.ts';
import { saveBody } from '../save-body.ts';
import { table } from '../table.ts';
import { type OptionValues, textOf, type Verb, type VerbContext } from '../verb.ts';

/** One action on a job or a checkpoint. */
type Action = (context: VerbContext, id: string, values: OptionValues) => Promise<ExitCode>;

/** A checkpoint in one line: step, what keeps it, its note. */
const lineOf = ({ id, step, state, pinned, note }: CheckpointView): string =>
  [id, `step ${step}`, state, pinned ? 'pinned' : '', note ?? ''].filter((part) => part !== '').join('  ');

const change =
  (pinned: boolean): Action =>
  async ({ client, json, print }, id, values) => {
    const note = textOf(values, 'note');
    const view = await client.checkpoint.change(id, { pinned, ...(note === undefined ? {} : { note }) });
    print(json ? JSON.stringify(view) : lineOf(view));
    return EXIT.done;
  };

const ACTIONS: Readonly<Record<string, Action>> = {
  async ls({ client, json, print }, word, values) {
    const list = await client.checkpoints(await resolveJobId(client, word));
    const shown = values.all === true ? list : list.filter(({ state }) => state !== 'deleted' && state !== 'abandoned');
    if (json) print(JSON.stringify(shown));
    else {
      const rows = shown.map((one) => [
        one.id,
        one.step,
        one.state,
        one.bytes,
        one.keptFor.join(', '),
        one.metricValue === null ? '' : String(one.metricValue),
        one.note ?? '',
      ]);
      for (const line of table(['id', 'step', 'state', 'bytes', 'kept for', 'metric', 'note'], rows)) print(line);
    }
    return EXIT.done;
  },
  pin: change(true),
  unpin: change(false),
  async get({ client, note }, id, values) {
    const output = textOf(values, 'output') ?? `${id}.safetensors`;
    await saveBody(await client.checkpoint.download(id), output);
    note(`written to ${output}`);
    return EXIT.done;
  },
  async rm({ client, json, print }, id) {
    await client.checkpoint.remove(id);
    print(json ? JSON.stringify({ id, state: 'deleted' }) : `${id} deleted`);
    return EXIT.done;
  },
  async verify({ client, json, print }, id) {
    const check = await client.checkpoint.verify(id);
    print(json ? JSON.stringify(check) : `${id} ok: ${check.chunks} chunks, ${check.bytes} bytes`);
    return EXIT.done;
  },
};

export const ckpt: Verb = {
  usage: 'ls JOB | pin|unpin|get|rm|verify ID',
  summary: 'list the checkpoints of a job; keep, fetch (safetensors), remove or verify one',
  help: [
    '--all, -a          ls: removed ones too',
    '--note TEXT        pin, unpin: a remark',
    '-o, --output FILE  get: where to write it; ID.safetensors in this folder if absent',
  ],
  options: {
    all: { type: 'boolean', short: 'a' },
    note: { type: 'string' },
    output: { type: 'string', short: 'o' },
  },
  arity: [2, 2],
  run(context, [name = '', id = ''], values) {
    const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
    if (action === undefined)
      throw new UsageError(`There is no "ckpt ${name}"; known are ${Object.keys(ACTIONS).join(', ')}.`);
    return action(context, id, values);
  },
};
