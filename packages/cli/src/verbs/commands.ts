import { EXIT } from '../exit-code.ts';
import { resolveJobId } from '../job-id.ts';
import { numberOf } from '../numbers.ts';
import { configOfSets } from '../set-paths.ts';
import { textOf, textsOf, type Verb } from '../verb.ts';

/** These verbs differ in nothing but the call and the words. The first job that refuses ends the command. */
const command = (action: 'pause' | 'resume' | 'cancel' | 'kill' | 'retry', summary: string): Verb => ({
  usage: 'ID...',
  summary,
  help: [],
  options: {},
  arity: [1, Number.POSITIVE_INFINITY],
  async run({ client, json, print }, words) {
    for (const word of words) {
      const job = await client[action](await resolveJobId(client, word));
      print(json ? JSON.stringify(job) : `${job.id} ${job.state}`);
    }
    return EXIT.done;
  },
});

export const pause = command('pause', 'let a job wait until it is resumed; a running one saves a checkpoint first');
export const resume = command('resume', 'queue a paused job again, from its last checkpoint');
export const cancel = command('cancel', 'stop a job; what it stored stays');
export const kill = command('kill', 'stop a running job at once, without time for its last step');
export const retry = command('retry', 'queue a failed or canceled job again, from its last checkpoint');

export const fork: Verb = {
  usage: 'ID',
  summary: 'submit a new job from the config of an old one',
  help: [
    '--set a.b=VALUE  one value of the config to change; may be repeated',
    '--seed N         another seed',
    '--name TEXT      another name',
    '--priority N     another priority',
    '--from-checkpoint ID  begin with this checkpoint instead of from nothing',
  ],
  options: {
    set: { type: 'string', multiple: true },
    seed: { type: 'string' },
    name: { type: 'string' },
    priority: { type: 'string' },
    'from-checkpoint': { type: 'string' },
  },
  arity: [1, 1],
  async run({ client, json, print }, [word = ''], values) {
    const seed = numberOf(values, 'seed');
    const name = textOf(values, 'name');
    const priority = numberOf(values, 'priority');
    const fromCheckpoint = textOf(values, 'from-checkpoint');
    const job = await client.fork(await resolveJobId(client, word), {
      config: configOfSets(textsOf(values, 'set')),
      ...(seed === undefined ? {} : { seed }),
      ...(name === undefined ? {} : { name }),
      ...(priority === undefined ? {} : { priority }),
      ...(fromCheckpoint === undefined ? {} : { fromCheckpoint }),
    });
    print(json ? JSON.stringify(job) : job.id);
    return EXIT.done;
  },
};
